//! Whether the machine was quiet: what others took of it, before the run and during each situation.
//!
//! `/proc/stat` counts what all processes have used, and what the host took from a virtual machine. Less what is our
//! own, that is noise. Load averages are told, and do not count: they look back for minutes.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

/// Cores that others may use of a quiet machine, the kernel's own threads included, which write the files back. Ticks
/// of a clock are counted, not time, so a little is found where there is nothing.
const OTHERS: f64 = 0.2;

/// The part of its time that the host may take of a quiet machine.
const STOLEN: f64 = 0.01;

/// What a run knows of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quiet {
    /// The load average of a minute, before the run.
    pub(crate) load: f64,
    /// Before the run, and during each situation.
    pub(crate) noise: Vec<Noise>,
}

/// What others took for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Noise {
    /// A situation, or `before`.
    pub(crate) during: String,
    /// Cores that others used.
    pub(crate) others: f64,
    /// The part of its time that the host took.
    pub(crate) stolen: f64,
}

impl Quiet {
    /// Looks for a while at what others do before anything is measured.
    pub(super) fn before(during: Duration) -> Self {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or(0.0);
        let watch = Watch::start(Duration::ZERO);
        thread::sleep(during);
        Quiet { load, noise: vec![watch.end("before", Duration::ZERO)] }
    }

    /// Whether nobody disturbed.
    pub(crate) fn is_quiet(&self) -> bool {
        self.noise.iter().all(Noise::is_quiet)
    }

    /// In a sentence or two.
    pub(crate) fn text(&self) -> String {
        let most = |value: fn(&Noise) -> f64| self.noise.iter().map(value).fold(0.0, f64::max);
        let (others, stolen) = (most(|noise| noise.others), most(|noise| noise.stolen) * 100.0);
        let told = format!(
            "others used up to {others:.2} cores, the host took up to {stolen:.1} %, the load before was {}",
            self.load
        );
        let loud: Vec<&str> =
            self.noise.iter().filter(|noise| !noise.is_quiet()).map(|noise| noise.during.as_str()).collect();
        if loud.is_empty() {
            return format!("The machine was quiet: {told}.");
        }
        format!("THE MACHINE WAS NOT QUIET: {told}. Disturbed: {}. A tail may be somebody else's.", loud.join(", "))
    }
}

impl Noise {
    fn is_quiet(&self) -> bool {
        self.others <= OTHERS && self.stolen <= STOLEN
    }
}

/// A look at the counters.
#[derive(Debug)]
pub(super) struct Watch {
    began: Instant,
    ticks: Ticks,
    own: Duration,
}

impl Watch {
    /// `own` is what the processes of the bench have used so far.
    pub(super) fn start(own: Duration) -> Self {
        Watch { began: Instant::now(), ticks: Ticks::now(), own }
    }

    /// What others took since, if `own` is what the bench has used until now.
    pub(super) fn end(&self, during: &str, own: Duration) -> Noise {
        let (began, now) = (&self.ticks, Ticks::now());
        let (all, busy, stolen) = (now.all - began.all, now.busy - began.busy, now.stolen - began.stolen);
        let of_all = |ticks: f64| if all > 0.0 { ticks / all } else { 0.0 };
        let own = own.saturating_sub(self.own).as_secs_f64() / self.began.elapsed().as_secs_f64();
        let others = (of_all(busy) * now.cores - own).max(0.0);
        Noise { during: during.to_owned(), others, stolen: of_all(stolen) }
    }
}

/// What all cores together have done since the machine began, in ticks of its clock.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ticks {
    cores: f64,
    all: f64,
    busy: f64,
    stolen: f64,
}

impl Ticks {
    fn now() -> Self {
        Ticks::read(&fs::read_to_string("/proc/stat").unwrap_or_default())
    }

    fn read(stat: &str) -> Self {
        let cores = stat.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu ")).count() as f64;
        let line = stat.lines().find_map(|line| line.strip_prefix("cpu ")).unwrap_or_default();
        let fields: Vec<f64> = line.split_whitespace().filter_map(|field| field.parse().ok()).collect();
        // In this order: user, nice, system, idle, waiting, irq, softirq, stolen. Guests are in user.
        let sum = |fields_of: &[usize]| fields_of.iter().filter_map(|&index| fields.get(index)).sum();
        Ticks { cores, all: sum(&[0, 1, 2, 3, 4, 5, 6, 7]), busy: sum(&[0, 1, 2, 5, 6]), stolen: sum(&[7]) }
    }
}

/// What another process has used, if it is still there.
pub(super) fn used_by(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name of the program may have spaces and brackets in it.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_use_is_what_is_busy_and_not_our_own() {
        let began = Ticks::read("cpu  100 0 50 800 10 0 0 40 7 0\ncpu0 1\ncpu1 1\nintr 1\n");
        assert_eq!(began, Ticks { cores: 2.0, all: 1000.0, busy: 150.0, stolen: 40.0 });
    }

    #[test]
    fn a_machine_is_quiet_while_others_take_little() {
        let noise = |others, stolen| Noise { during: "alone".to_owned(), others, stolen };
        let quiet = |noise| Quiet { load: 0.5, noise: vec![noise] };
        assert!(quiet(noise(0.1, 0.0)).is_quiet());
        assert!(quiet(noise(0.1, 0.0)).text().starts_with("The machine was quiet"));
        for loud in [noise(1.2, 0.0), noise(0.0, 0.05)] {
            assert!(!quiet(loud.clone()).is_quiet());
            assert!(quiet(loud).text().contains("NOT QUIET"));
        }
    }

    #[test]
    fn a_process_that_spins_is_noise_unless_it_is_ours() {
        let watch = Watch::start(Duration::ZERO);
        let before = used_by(std::process::id());
        while used_by(std::process::id()) < before + Duration::from_millis(300) {
            std::hint::spin_loop();
        }
        let own = used_by(std::process::id()) - before;
        let (counted, not_counted) = (watch.end("now", own), watch.end("now", Duration::ZERO));
        assert!(not_counted.others > counted.others || not_counted.others == 0.0, "{not_counted:?}, {counted:?}");
    }
}

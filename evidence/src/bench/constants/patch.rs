//! The source of this crate with its constants of spinning made into values that a process is told.
//!
//! A constant that is measured must be the one that is shipped, so nothing in the crate knows of this: a copy of the
//! source is changed, and each change fails if it finds nothing to change.

use anyhow::{Context as _, bail, ensure};

/// What can be another value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Constant {
    /// As the source has it, or what a place in it is called here.
    pub(super) name: &'static str,
    /// What bounds it, in words, for the table.
    pub(super) bounds: &'static str,
    /// The scenario that it is for.
    pub(super) scenario: &'static str,
    /// The value that stands for "without".
    pub(super) without: Without,
    /// Where it is not named in the source: the text of its place, and the text there when it is a value, with `{}` for
    /// that.
    place: Option<Place>,
}

/// How a constant is taken away.
#[derive(Clone, Copy, Debug)]
pub(super) enum Without {
    /// By this value.
    Value(u64),
    /// By the greatest that its type has.
    Most,
}

/// A place in the source that has a value without a name.
#[derive(Clone, Copy, Debug)]
struct Place {
    text: &'static str,
    instead: &'static str,
    /// Its type, and its value today.
    kind: &'static str,
    value: &'static str,
    /// Whether half and twice of it say anything.
    scales: bool,
}

const fn named(name: &'static str, bounds: &'static str, scenario: &'static str, without: Without) -> Constant {
    Constant { name, bounds, scenario, without, place: None }
}

const fn at(place: Place, of: Constant) -> Constant {
    Constant { place: Some(place), ..of }
}

/// All of them.
pub(super) const CONSTANTS: [Constant; 9] = [
    named("BOUND", "how long a caller spins", "100 B", Without::Value(0)),
    at(
        Place {
            text: "saturating_mul(5) / 2",
            instead: "saturating_mul({}) / 2",
            kind: "u32",
            value: "5",
            scales: true,
        },
        named("5 / 2", "a worker spins longer than a caller", "busy", Without::Value(2)),
    ),
    at(
        Place {
            text: "is_some_and(|ended| ended.elapsed() < self.bound())",
            instead: "is_some_and(|ended| {} == 0 || ended.elapsed() < self.bound())",
            kind: "usize",
            value: "1",
            scales: false,
        },
        named("posted soon", "a worker spins where a spin would have succeeded", "paced", Without::Value(0)),
    ),
    named("YIELDS", "yields where there is one core", "one core", Without::Value(0)),
    named("MAX_BACKOFF", "opportunities passed over after failures", "one busy", Without::Value(1)),
    at(
        Place {
            text: "elapsed() >= TIME_SLICE",
            instead: "elapsed() >= {}",
            kind: "Duration",
            value: "TIME_SLICE",
            scales: true,
        },
        named("TIME_SLICE", "how long a worker keeps its thread", "neighbor", Without::Most),
    ),
    named("MAX_FAILED", "spins that fail before a thread pauses", "crowd", Without::Most),
    named("PAUSE", "how long the pause is", "crowd", Without::Value(0)),
    at(
        Place {
            text: "QUEUED.load(Relaxed) > 0",
            instead: "({} > 0 && QUEUED.load(Relaxed) > 0)",
            kind: "usize",
            value: "1",
            scales: false,
        },
        named("a queued job", "ends every spin of a worker", "one thread", Without::Value(0)),
    ),
];

impl Constant {
    /// The variable of the environment that has its value.
    pub(super) fn variable(&self) -> String {
        let words: Vec<&str> =
            self.name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
        format!("AWC_{}", words.join("_").to_ascii_uppercase())
    }

    /// Whether half and twice of it are measured.
    pub(super) fn scales(&self) -> bool {
        self.place.is_none_or(|place| place.scales)
    }

    /// The name of the function that has its value.
    fn function(&self) -> String {
        format!("tuned_{}", self.variable().to_ascii_lowercase())
    }

    /// That function: it reads the variable once, which is `=VALUE`, or a factor.
    fn source(&self, kind: &str, value: &str) -> String {
        let (parse, scale) = if kind == "Duration" {
            ("Duration::from_nanos(value)", "today.mul_f64(factor)".to_owned())
        } else {
            ("value.try_into().unwrap_or(KIND::MAX)", "(today as f64 * factor).round() as KIND".to_owned())
        };
        let template = "
fn NAME() -> KIND {
    static VALUE: OnceLock<KIND> = OnceLock::new();
    *VALUE.get_or_init(|| {
        let today: KIND = TODAY;
        let told = std::env::var(\"VARIABLE\").unwrap_or_else(|_| \"1\".to_owned());
        if let Some(value) = told.strip_prefix('=') {
            let value: u64 = value.parse().expect(\"a value\");
            return PARSE;
        }
        let factor: f64 = told.parse().expect(\"a factor\");
        SCALE
    })
}
";
        let all = [("PARSE", parse), ("SCALE", &scale), ("TODAY", value), ("VARIABLE", &self.variable())];
        let filled = all.iter().fold(template.to_owned(), |text, (hole, value)| text.replace(hole, value));
        filled.replace("fn NAME", &format!("fn {}", self.function())).replace("KIND", kind)
    }
}

/// The source of `spin.rs` with all constants as functions, and their values of today as the source has them.
///
/// # Errors
///
/// When the source has a constant that is not known here, or lacks one that is.
pub(super) fn patched(source: &str) -> anyhow::Result<(String, Vec<String>)> {
    let (code, _) = source.split_once("#[cfg(test)]").context("spin.rs has no tests at its end")?;
    let mut code = code.to_owned();
    let mut values = Vec::new();
    for constant in &CONSTANTS {
        values.push(match constant.place {
            Some(place) => replace_place(&mut code, constant, place)?,
            None => replace_constant(&mut code, constant)?,
        });
    }
    let unknown = code.lines().find(|line| line.starts_with("const ") || line.starts_with("pub const "));
    match unknown {
        Some(line) => bail!("no row of the constants knows `{line}`"),
        None => Ok((code, values)),
    }
}

fn replace_place(code: &mut String, constant: &Constant, place: Place) -> anyhow::Result<String> {
    ensure!(code.contains(place.text), "`{}` is not in spin.rs, where {} was", place.text, constant.name);
    let value = format!("{}()", constant.function());
    *code = code.replace(place.text, &place.instead.replace("{}", &value)) + &constant.source(place.kind, place.value);
    Ok(if place.scales { place.value.to_owned() } else { "yes".to_owned() })
}

fn replace_constant(code: &mut String, constant: &Constant) -> anyhow::Result<String> {
    let begin = format!("const {}: ", constant.name);
    let is_it = |line: &&str| line.starts_with(&begin);
    let line =
        code.lines().find(is_it).with_context(|| format!("spin.rs has no constant {}", constant.name))?.to_owned();
    let definition = line.strip_prefix(&begin).and_then(|rest| rest.strip_suffix(';'));
    let (kind, value) = definition.and_then(|rest| rest.split_once(" = ")).context("a constant is not in one line")?;
    let others: Vec<&str> = code.lines().filter(|other| *other != line).collect();
    *code = with_calls(&(others.join("\n") + "\n"), constant) + &constant.source(kind, value);
    Ok(value.to_owned())
}

/// Calls in the place of the name, where that is a whole word of the code.
fn with_calls(code: &str, constant: &Constant) -> String {
    let mut all = String::new();
    let mut rest = code;
    while let Some(at) = rest.find(constant.name) {
        let (before, after) = (&rest[..at], &rest[at + constant.name.len()..]);
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        all += before;
        all += &if whole { format!("{}()", constant.function()) } else { constant.name.to_owned() };
        rest = after;
    }
    all + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = include_str!("../../../../src/offload/spin.rs");

    #[test]
    fn every_constant_of_the_source_is_known_and_every_known_one_is_there() {
        let (code, values) = patched(SOURCE).expect("a changed source");
        assert_eq!(values.len(), CONSTANTS.len());
        for constant in &CONSTANTS {
            assert!(code.contains(&format!("fn {}() -> ", constant.function())), "{}", constant.name);
            assert!(code.matches(&format!("{}()", constant.function())).count() >= 2, "{} is used", constant.name);
        }
    }

    #[test]
    fn a_constant_that_nobody_knows_is_an_error() {
        let more = format!("const MORE: u32 = 1;\n{SOURCE}");
        assert_eq!(
            patched(&more).expect_err("unknown").to_string(),
            "no row of the constants knows `const MORE: u32 = 1;`"
        );
        let less = SOURCE.replace("const YIELDS: ", "const GIVES: ");
        assert_eq!(patched(&less).expect_err("missing").to_string(), "spin.rs has no constant YIELDS");
    }

    #[test]
    fn only_whole_words_become_calls() {
        let constant = named("STAY", "", "neighbor", Without::Most);
        assert_eq!(with_calls("STAY >= STAYED + (STAY)", &constant), "tuned_awc_stay() >= STAYED + (tuned_awc_stay())");
    }
}

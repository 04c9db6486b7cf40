//! The rows as pictures: time by size in each situation, latencies by percentile, and the CPU of a write.
//!
//! SVG on a white ground, so that they can be read wherever they are shown. The colour says whose writer it is and is
//! the same in all pictures; a dashed line is the reference.

use std::{fs, path::Path};

use anyhow::Context as _;
use plotters::{
    coord::ranged1d::{Ranged, ValueFormatter},
    element::DashedPathElement,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::{
    options::size_text,
    report::time,
    row::Row,
    situations::Situation,
    subjects::{OURS, STD},
};

/// The size of a picture.
const AREA: (u32, u32) = (960, 600);
/// The room that the legend takes at the right.
const LEGEND: u32 = 300;
/// The height of a line of the legend, and of a bar with its gap.
const LINE: i32 = 22;

/// Who is drawn, and how: enough of them to see the field, and few enough to tell them apart.
const DRAWN: [(&str, RGBColor); 10] = [
    (STD, RGBColor(0x55, 0x55, 0x55)),
    (OURS, RGBColor(0xd6, 0x27, 0x28)),
    ("async-write-complete futures-io", RGBColor(0xf0, 0x8c, 0x7a)),
    ("tokio write+flush (current-thread)", RGBColor(0x1f, 0x4e, 0xb4)),
    ("tokio spawn_blocking", RGBColor(0x6b, 0xa4, 0xe7)),
    ("async-fs write+flush", RGBColor(0x2c, 0x8a, 0x3c)),
    ("Unblock write+flush", RGBColor(0x8c, 0xc6, 0x3f)),
    ("unblock closure", RGBColor(0xb5, 0x89, 0x00)),
    ("compio", RGBColor(0x8e, 0x44, 0xad)),
    ("tokio-uring", RGBColor(0x17, 0xa5, 0xa5)),
];

/// Draws all pictures for which there are rows.
pub(super) fn draw(rows: &[Row], folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("no folder {}", folder.display()))?;
    for situation in Situation::ALL {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.situation == situation.name()).collect();
        let Some(least) = rows.first().map(|row| row.size) else { continue };
        let path = |what: &str| folder.join(format!("bench-{}-{what}.svg", situation.name()));
        if situation == Situation::Idle {
            continue;
        }
        if rows.iter().any(|row| row.size != least) {
            by_size(&path("time"), situation, &rows).map_err(told)?;
        }
        let size = if rows.iter().any(|row| row.size == 100) { 100 } else { least };
        let rows: Vec<&Row> = rows.into_iter().filter(|row| row.size == size).collect();
        by_percentile(&path("latency"), situation, &rows).map_err(told)?;
        if matches!(situation, Situation::Alone | Situation::OnePerMs) {
            bars(&path("cpu"), situation, &rows).map_err(told)?;
        }
    }
    Ok(())
}

/// The errors of a drawing borrow what was drawn on.
fn told(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("a picture could not be drawn: {error}")
}

type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// One line of a picture.
struct Line {
    label: &'static str,
    colour: RGBColor,
    points: Vec<(f64, f64)>,
}

fn lines(rows: &[&Row], points: impl Fn(&[&Row]) -> Vec<(f64, f64)>) -> Vec<Line> {
    let line = |(label, colour): (&'static str, RGBColor)| {
        let rows: Vec<&Row> = rows.iter().copied().filter(|row| row.subject == label).collect();
        (!rows.is_empty()).then(|| Line { label, colour, points: points(&rows) })
    };
    DRAWN.into_iter().filter_map(line).collect()
}

fn by_size(path: &Path, situation: Situation, rows: &[&Row]) -> Drawn {
    let lines = lines(rows, |rows| rows.iter().map(|row| (row.size as f64, row.median_ns)).collect());
    let sizes = range(lines.iter().flat_map(|line| &line.points).map(|point| point.0));
    let title = format!("{}: time for a write (median), by its size", place(situation, rows));
    let mut ticks: Vec<f64> = rows.iter().map(|row| row.size as f64).collect();
    ticks.dedup();
    let x = Axis { title: "bytes of a write", range: sizes, ticks, text: |size| size_text(*size as usize) };
    chart(path, &title, x, lines)
}

/// Percentiles crowd at their end, so the axis counts the nines: 90, 99, 99.9.
fn by_percentile(path: &Path, situation: Situation, rows: &[&Row]) -> Drawn {
    let beyond = |quantile: f64| 1.0 / (1.0 - quantile).max(1e-4);
    let points = |rows: &[&Row]| rows[0].latencies.iter().map(|&(quantile, nanos)| (beyond(quantile), nanos)).collect();
    let lines = lines(rows, points);
    let title = format!("{}: latency of a write", place_and_size(situation, rows));
    let ticks = vec![1.0 / 0.9, 2.0, 10.0, 100.0, 1000.0, 10_000.0];
    let x = Axis { title: "percentile", range: (1.0, 12_000.0), ticks, text: percentile };
    chart(path, &title, x, lines)
}

/// The situation, and where the files were.
fn place(situation: Situation, rows: &[&Row]) -> String {
    let file_system = rows.first().map_or("nothing", |row| row.file_system.as_str());
    if situation.name() == file_system {
        file_system.to_owned()
    } else {
        format!("{}, {file_system}", situation.name())
    }
}

fn place_and_size(situation: Situation, rows: &[&Row]) -> String {
    let size = rows.first().map_or(0, |row| row.size);
    format!("{}, {}", place(situation, rows), size_text(size))
}

fn percentile(beyond: &f64) -> String {
    if *beyond > 5000.0 {
        return "max".to_owned();
    }
    let percent = 100.0 * (1.0 - 1.0 / beyond);
    format!("p{}", (percent * 10.0).round() / 10.0)
}

/// The horizontal axis.
struct Axis {
    title: &'static str,
    range: (f64, f64),
    ticks: Vec<f64>,
    text: fn(&f64) -> String,
}

fn chart(path: &Path, title: &str, x: Axis, lines: Vec<Line>) -> Drawn {
    let all = SVGBackend::new(path, AREA).into_drawing_area();
    all.fill(&WHITE)?;
    let (left, right) = all.split_horizontally(AREA.0 - LEGEND);
    let times = range(lines.iter().flat_map(|line| &line.points).map(|point| point.1));
    let horizontal = (x.range.0..x.range.1).log_scale().with_key_points(x.ticks.clone());
    let mut chart = ChartBuilder::on(&left)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(76)
        .build_cartesian_2d(horizontal, (times.0..times.1).log_scale().with_key_points(decades(times)))?;
    mesh(&mut chart, &x)?;
    for line in &lines {
        let style = line.colour.stroke_width(if line.label == OURS { 3 } else { 2 });
        if line.label == STD {
            chart.draw_series(DashedLineSeries::new(line.points.iter().copied(), 6, 4, style))?;
        } else {
            chart.draw_series(LineSeries::new(line.points.iter().copied(), style))?;
        }
        chart.draw_series(line.points.iter().map(|&point| Circle::new(point, 3, line.colour.filled())))?;
    }
    legend(&right, &lines)?;
    all.present()
}

fn mesh<X, Y>(chart: &mut ChartContext<'_, SVGBackend<'_>, Cartesian2d<X, Y>>, x: &Axis) -> Drawn
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    chart
        .configure_mesh()
        .bold_line_style(RGBColor(0xcc, 0xcc, 0xcc))
        .light_line_style(TRANSPARENT)
        .x_desc(x.title)
        .y_desc("time")
        .x_label_formatter(&x.text)
        .y_label_formatter(&|nanos| time(*nanos))
        .label_style(("sans-serif", 13))
        .axis_desc_style(("sans-serif", 14))
        .draw()
}

fn legend(area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>, lines: &[Line]) -> Drawn {
    let text = ("sans-serif", 14).into_text_style(area).pos(Pos::new(HPos::Left, VPos::Center));
    for (index, line) in lines.iter().enumerate() {
        let y = 60 + LINE * index as i32;
        let (sample, style) = ([(4, y), (28, y)], line.colour.stroke_width(3));
        if line.label == STD {
            area.draw(&DashedPathElement::new(sample, 6, 4, style))?;
        } else {
            area.draw(&PathElement::new(sample, style))?;
        }
        area.draw(&Text::new(line.label, (36, y), text.clone()))?;
    }
    Ok(())
}

fn bars(path: &Path, situation: Situation, rows: &[&Row]) -> Drawn {
    let height = 60 + LINE as u32 * rows.len() as u32;
    let all = SVGBackend::new(path, (AREA.0, height)).into_drawing_area();
    all.fill(&WHITE)?;
    let title = format!("{}: processor time for a write, of all threads", place_and_size(situation, rows));
    let text = |size| ("sans-serif", size).into_text_style(&all);
    all.draw(&Text::new(title, (12, 12), text(18)))?;
    let most = rows.iter().map(|row| row.cpu_ns).fold(1.0, f64::max);
    let mut sorted = rows.to_vec();
    sorted.sort_by(|one, other| one.cpu_ns.total_cmp(&other.cpu_ns));
    for (index, row) in sorted.into_iter().enumerate() {
        let y = 50 + LINE * index as i32;
        let colour =
            DRAWN.iter().find(|drawn| drawn.0 == row.subject).map_or(RGBColor(0xaa, 0xaa, 0xaa), |drawn| drawn.1);
        let end = LEGEND as i32 + 20 + (row.cpu_ns / most * f64::from(AREA.0 - LEGEND - 120)) as i32;
        let right = text(14).pos(Pos::new(HPos::Right, VPos::Center));
        let label = if row.completes { row.subject.clone() } else { format!("{} (weaker)", row.subject) };
        all.draw(&Text::new(label, (LEGEND as i32 + 10, y), right))?;
        all.draw(&Rectangle::new([(LEGEND as i32 + 20, y - 8), (end, y + 8)], colour.filled()))?;
        let left = text(14).pos(Pos::new(HPos::Left, VPos::Center));
        all.draw(&Text::new(time(row.cpu_ns), (end + 6, y), left))?;
    }
    all.present()
}

/// From the least to the greatest, with some room around.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (least, most) = values.fold((f64::INFINITY, 1.0), |(least, most), value| (value.min(least), value.max(most)));
    (least.min(most) * 0.8, most * 1.25)
}

/// One, two and five in each power of ten; where these are many, one alone.
fn decades((least, most): (f64, f64)) -> Vec<f64> {
    let ticks = |digits: &'static [f64]| -> Vec<f64> {
        let powers = (0..12).flat_map(|power| digits.iter().map(move |digit| digit * 10_f64.powi(power)));
        powers.filter(|&tick| least <= tick && tick <= most).collect()
    };
    let fine = ticks(&[1.0, 2.0, 5.0]);
    if fine.len() > 9 { ticks(&[1.0]) } else { fine }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::row::tests::row;

    #[test]
    fn each_situation_has_its_pictures_on_white() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut rows = Vec::new();
        for size in [100, 1 << 20] {
            for (index, (subject, _)) in DRAWN.into_iter().enumerate() {
                rows.push(row(Situation::Alone, size, subject, (size * (index + 1)) as f64));
            }
        }
        draw(&rows, folder.path()).expect("pictures");
        for what in ["time", "latency", "cpu"] {
            let text = fs::read_to_string(folder.path().join(format!("bench-alone-{what}.svg"))).expect("a picture");
            assert!(text.contains("#FFFFFF"), "a ground of its own");
            for (label, _) in DRAWN {
                assert!(text.contains(label), "{label} in {what}");
            }
        }
    }

    #[test]
    fn every_subject_that_is_drawn_is_measured() {
        for (label, _) in DRAWN {
            assert!(crate::bench::subjects::Subject::find(label).is_ok(), "{label}");
        }
    }

    #[test]
    fn a_wide_axis_has_a_tick_for_each_power_of_ten() {
        assert_eq!(decades((90.0, 600.0)), [100.0, 200.0, 500.0]);
        assert_eq!(decades((900.0, 2e7)), [1e3, 1e4, 1e5, 1e6, 1e7]);
    }

    #[test]
    fn percentiles_are_named_as_people_do() {
        assert_eq!(
            [1.0 / 0.9, 2.0, 100.0, 1000.0, 10_000.0].map(|beyond| percentile(&beyond)),
            ["p10", "p50", "p99", "p99.9", "max"]
        );
    }
}

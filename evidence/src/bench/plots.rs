//! The rows as pictures: who needs how long in each situation, time by size, and latencies by percentile.
//!
//! SVG on a white ground, so that they can be read wherever they are shown. The colour says whose row it is and is the
//! same in all pictures; a dashed line is the reference.

use std::{fs, path::Path};

use anyhow::Context as _;
use plotters::{
    coord::{
        Shift,
        ranged1d::{Ranged, ValueFormatter},
    },
    element::DashedPathElement,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::{
    compare::{Group, groups},
    options::size_text,
    report::time,
    row::Row,
    subjects::{OURS, Role, STD},
};

/// The width of a picture, and the height of one with axes.
const WIDTH: u32 = 960;
const HEIGHT: u32 = 560;
/// The room that the legend takes at the right.
const LEGEND: u32 = 290;
/// The height of a line of the legend, and of a row of the spans.
const LINE: u32 = 22;

/// What the page puts its own colours in the place of.
pub(super) const GROUND: &str = "#FFFFFF";
pub(super) const INK: &str = "#000000";
pub(super) const GRID: &str = "#CCCCCC";
const GRID_COLOUR: RGBColor = RGBColor(0xcc, 0xcc, 0xcc);

const REFERENCE: RGBColor = RGBColor(0x80, 0x80, 0x80);
const OTHER: RGBColor = RGBColor(0x5b, 0x8d, 0xd6);
const WEAKER: RGBColor = RGBColor(0xa9, 0x9b, 0xb8);

/// Who is a line, and of which colour: enough of them to see the field, and few enough to tell them apart.
const DRAWN: [(&str, &str, RGBColor); 9] = [
    (STD, "bare", REFERENCE),
    (OURS, "bare", RGBColor(0xe0, 0x35, 0x36)),
    (OURS, "tokio-spawned", RGBColor(0xf0, 0x8c, 0x5a)),
    ("tokio write+flush", "tokio-spawned", RGBColor(0x2f, 0x6f, 0xd4)),
    ("spawn_blocking", "tokio-spawned", RGBColor(0x7b, 0xb0, 0xee)),
    ("async-fs write+flush", "bare", RGBColor(0x2f, 0x9e, 0x44)),
    ("Unblock write+flush", "bare", RGBColor(0x9a, 0xb9, 0x2f)),
    ("compio", "compio", RGBColor(0xa0, 0x5a, 0xc8)),
    ("tokio-uring", "tokio-uring", RGBColor(0x1f, 0xab, 0xab)),
];

/// A picture, and the name of its file.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) name: String,
    pub(super) svg: String,
}

/// Draws all pictures for which there are rows, into files.
pub(super) fn draw(rows: &[Row], folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("no folder {}", folder.display()))?;
    for picture in pictures(rows)? {
        let path = folder.join(&picture.name);
        fs::write(&path, picture.svg).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

/// All pictures for which there are rows.
pub(super) fn pictures(rows: &[Row]) -> anyhow::Result<Vec<Picture>> {
    let groups = groups(rows);
    let mut all = Vec::new();
    for group in &groups {
        let (situation, size) = (&group.first().situation, group.first().size);
        all.push(Picture { name: spans_name(group), svg: spans(group)? });
        let of_situation: Vec<&Row> = rows.iter().filter(|row| row.situation == *situation).collect();
        let is_first = groups.iter().find(|other| other.first().situation == *situation);
        if is_first.is_some_and(|first| first.first().size == size) {
            all.push(Picture { name: format!("bench-{situation}-latency.svg"), svg: by_percentile(group)? });
            if of_situation.iter().any(|row| row.size != size) {
                all.push(Picture { name: format!("bench-{situation}-time.svg"), svg: by_size(&of_situation)? });
            }
        }
    }
    Ok(all)
}

/// The name of the picture of a group.
pub(super) fn spans_name(group: &Group<'_>) -> String {
    format!("bench-{}-{}.svg", group.first().situation, group.first().size)
}

/// The errors of a drawing borrow what was drawn on.
fn told(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("a picture could not be drawn: {error}")
}

type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws on a white ground of that height.
fn on_white(height: u32, draw: impl FnOnce(&Area<'_>) -> Drawn) -> anyhow::Result<String> {
    let mut svg = String::new();
    {
        let all = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        all.fill(&WHITE).map_err(told)?;
        draw(&all).map_err(told)?;
        all.present().map_err(told)?;
    }
    Ok(svg)
}

/// The rows of a group, the quickest first: from p50 to p99, and on to p99.9.
fn spans(group: &Group<'_>) -> anyhow::Result<String> {
    let mut rows = group.rows.clone();
    rows.sort_by(|one, other| other.p50_ns.total_cmp(&one.p50_ns));
    let times = range(rows.iter().flat_map(|row| [row.p50_ns, row.p999_ns]));
    let height = 90 + LINE * rows.len() as u32;
    // Four units for a row.
    let middle = |index: usize| 4 * index as i32 + 2;
    let vertical = (0..middle(rows.len()) - 2).with_key_points((0..rows.len()).map(middle).collect());
    let horizontal = (times.0..times.1).log_scale().with_key_points(decades(times));
    let name = |middle: &i32| rows.get(*middle as usize / 4).map_or_else(String::new, |row| row.name());
    on_white(height, |all| {
        let mut chart = ChartBuilder::on(all)
            .caption(
                format!("{}, {}: p50 to p99, p99.9", group.first().place(), group.first().file_system),
                ("sans-serif", 18),
            )
            .margin(10)
            .margin_right(30)
            .x_label_area_size(34)
            .y_label_area_size(330)
            .build_cartesian_2d(horizontal, vertical)?;
        let mut mesh = chart.configure_mesh();
        mesh.bold_line_style(GRID_COLOUR).light_line_style(TRANSPARENT).disable_y_mesh();
        mesh.x_label_formatter(&|nanos| time(*nanos))
            .y_label_formatter(&name)
            .label_style(("sans-serif", 14))
            .draw()?;
        for (index, row) in rows.iter().enumerate() {
            let (y, colour) = (middle(index), colour(row));
            let line = |from, to, width| PathElement::new([(from, y), (to, y)], colour.stroke_width(width));
            chart.draw_series([line(row.p50_ns, row.p99_ns, 5), line(row.p99_ns, row.p999_ns, 1)])?;
            let tick = PathElement::new([(row.p999_ns, y - 1), (row.p999_ns, y + 1)], colour.stroke_width(2));
            chart.draw_series([tick])?;
            chart.draw_series([Circle::new((row.p50_ns, y), 6, colour.filled())])?;
        }
        Ok(())
    })
}

/// Whose row it is.
fn colour(row: &Row) -> RGBColor {
    match row.role {
        Role::Reference => REFERENCE,
        Role::Ours => DRAWN[1].2,
        Role::Variant => DRAWN[2].2,
        Role::Peer => OTHER,
        Role::Weaker => WEAKER,
    }
}

/// One line of a picture.
struct Line {
    label: String,
    is_reference: bool,
    colour: RGBColor,
    points: Vec<(f64, f64)>,
}

fn lines(rows: &[&Row], points: impl Fn(&[&Row]) -> Vec<(f64, f64)>) -> Vec<Line> {
    let line = |(subject, runtime, colour): (&str, &str, RGBColor)| {
        let is_of = |row: &&&Row| row.subject == subject && row.runtime == runtime;
        let rows: Vec<&Row> = rows.iter().filter(is_of).copied().collect();
        let label = rows.first()?.name();
        Some(Line { label, is_reference: subject == STD, colour, points: points(&rows) })
    };
    DRAWN.into_iter().filter_map(line).collect()
}

fn by_size(rows: &[&Row]) -> anyhow::Result<String> {
    let lines = lines(rows, |rows| rows.iter().map(|row| (row.size as f64, row.p50_ns)).collect());
    let sizes = range(rows.iter().map(|row| row.size as f64));
    let title = format!("{}, {}: p50 by size", rows[0].situation, rows[0].file_system);
    let mut ticks: Vec<f64> = rows.iter().map(|row| row.size as f64).collect();
    ticks.dedup();
    chart(&title, &Axis { title: "bytes", range: sizes, ticks, text: |size| size_text(*size as usize) }, &lines)
}

/// Percentiles crowd at their end, so the axis counts the nines: 90, 99, 99.9.
fn by_percentile(group: &Group<'_>) -> anyhow::Result<String> {
    let beyond = |quantile: f64| 1.0 / (1.0 - quantile).max(1e-5);
    let points = |rows: &[&Row]| rows[0].latencies.iter().map(|&(quantile, nanos)| (beyond(quantile), nanos)).collect();
    let title = format!("{}, {}: latency by percentile", group.first().place(), group.first().file_system);
    let ticks = vec![1.0 / 0.9, 2.0, 10.0, 100.0, 1000.0, 10_000.0, 100_000.0];
    let x = Axis { title: "percentile", range: (1.0, 120_000.0), ticks, text: percentile };
    chart(&title, &x, &lines(&group.rows, points))
}

fn percentile(beyond: &f64) -> String {
    if *beyond > 50_000.0 {
        return "max".to_owned();
    }
    let percent = 100.0 * (1.0 - 1.0 / beyond);
    format!("p{}", (percent * 100.0).round() / 100.0)
}

/// The horizontal axis.
struct Axis {
    title: &'static str,
    range: (f64, f64),
    ticks: Vec<f64>,
    text: fn(&f64) -> String,
}

fn chart(title: &str, x: &Axis, lines: &[Line]) -> anyhow::Result<String> {
    on_white(HEIGHT, |all| {
        let (left, right) = all.split_horizontally(WIDTH - LEGEND);
        let times = range(lines.iter().flat_map(|line| &line.points).map(|point| point.1));
        let horizontal = (x.range.0..x.range.1).log_scale().with_key_points(x.ticks.clone());
        let mut chart = ChartBuilder::on(&left)
            .caption(title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(76)
            .build_cartesian_2d(horizontal, (times.0..times.1).log_scale().with_key_points(decades(times)))?;
        mesh(&mut chart, x)?;
        for line in lines {
            let style = line.colour.stroke_width(if line.label.starts_with(OURS) { 3 } else { 2 });
            if line.is_reference {
                chart.draw_series(DashedLineSeries::new(line.points.iter().copied(), 6, 4, style))?;
            } else {
                chart.draw_series(LineSeries::new(line.points.iter().copied(), style))?;
            }
            chart.draw_series(line.points.iter().map(|&point| Circle::new(point, 3, line.colour.filled())))?;
        }
        legend(&right, lines)
    })
}

fn mesh<X, Y>(chart: &mut ChartContext<'_, SVGBackend<'_>, Cartesian2d<X, Y>>, x: &Axis) -> Drawn
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    chart
        .configure_mesh()
        .bold_line_style(GRID_COLOUR)
        .light_line_style(TRANSPARENT)
        .x_desc(x.title)
        .x_label_formatter(&x.text)
        .y_label_formatter(&|nanos| time(*nanos))
        .label_style(("sans-serif", 13))
        .axis_desc_style(("sans-serif", 14))
        .draw()
}

fn legend(area: &Area<'_>, lines: &[Line]) -> Drawn {
    let text = ("sans-serif", 14).into_text_style(area).pos(Pos::new(HPos::Left, VPos::Center));
    for (index, line) in lines.iter().enumerate() {
        let y = 60 + LINE as i32 * index as i32;
        let (sample, style) = ([(4, y), (28, y)], line.colour.stroke_width(3));
        if line.is_reference {
            area.draw(&DashedPathElement::new(sample, 6, 4, style))?;
        } else {
            area.draw(&PathElement::new(sample, style))?;
        }
        area.draw(&Text::new(line.label.clone(), (36, y), text.clone()))?;
    }
    Ok(())
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
    use crate::bench::{row::tests::row, situations::Situation, subjects};

    #[test]
    fn each_group_and_each_situation_has_its_pictures_on_white() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut rows = Vec::new();
        for size in [100, 1 << 20] {
            for (index, (subject, runtime, _)) in DRAWN.into_iter().enumerate() {
                let nanos = (size * (index + 1)) as f64;
                rows.push(row(Situation::Alone, size, Role::Peer, (subject, runtime), nanos));
            }
        }
        draw(&rows, folder.path()).expect("pictures");
        for what in ["100", "1048576", "time", "latency"] {
            let text = fs::read_to_string(folder.path().join(format!("bench-alone-{what}.svg"))).expect("a picture");
            for colour in [GROUND, INK, GRID] {
                assert!(text.contains(colour), "{colour} in {what}");
            }
            for (subject, runtime, _) in DRAWN {
                assert!(text.contains(&subjects::name(subject, runtime)), "{subject} in {what}");
            }
        }
    }

    #[test]
    fn every_line_is_of_a_row_that_is_measured() {
        for (label, runtime, _) in DRAWN {
            let mut rows = subjects::of(Situation::Alone, 100);
            assert!(rows.any(|subject| subject.label == label && subject.runtime == runtime), "{label}");
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
            [1.0 / 0.9, 2.0, 100.0, 1000.0, 10_000.0, 100_000.0].map(|beyond| percentile(&beyond)),
            ["p10", "p50", "p99", "p99.9", "p99.99", "max"]
        );
    }
}

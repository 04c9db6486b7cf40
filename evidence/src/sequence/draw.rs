//! A sequence as a picture: a lifeline for each who takes part, and time from the top to the bottom.
//!
//! On a ground of its own, so that it can be read wherever it is shown; its text is text, and what it shows stands in
//! its description once more, for those who do not see it.

use svg::{
    Document,
    node::element::{Circle, Description, Group, Line, Path, Polygon, Rectangle, Text, Title},
};

use super::log::{Event, Kind, Lifeline, Sequence};

const WIDTH: i32 = 960;
/// From one event to the next.
const ROW: i32 = 30;
/// The first event.
const TOP: i32 = 124;
/// What is below the last one.
const BOTTOM: i32 = 78;

const INK: &str = "#222222";
const CALL: &str = "#1f4eb4";
const ANSWER: &str = "#555555";
const CONCLUDED: &str = "#8a8a8a";
const BUSY: &str = "#d9d9d9";
const EARLY: &str = "#b3261e";
const TRUE: &str = "#1e7d32";

const LIFELINES: [Lifeline; 4] = [Lifeline::Caller, Lifeline::Writer, Lifeline::Pool, Lifeline::File];

/// The picture as SVG.
pub(crate) fn draw(sequence: &Sequence) -> String {
    let height = TOP + ROW * sequence.events.len() as i32 + BOTTOM;
    let (title, description) = (format!("{}-title", sequence.name), format!("{}-description", sequence.name));
    let document = Document::new()
        .set("viewBox", (0, 0, WIDTH, height))
        .set("width", WIDTH)
        .set("height", height)
        .set("role", "img")
        .set("aria-labelledby", format!("{title} {description}"))
        .set("font-family", "sans-serif")
        .set("font-size", 13)
        .add(Title::new(heading(sequence)).set("id", title))
        .add(Description::new().add(svg::node::Text::new(sequence.lines().join("\n"))).set("id", description))
        .add(Rectangle::new().set("width", WIDTH).set("height", height).set("fill", "#ffffff"))
        .add(text(20, 32, &heading(sequence)).set("font-size", 17).set("font-weight", "bold"))
        .add(text(20, 54, &verdict(sequence)).set("fill", colour(sequence)));
    let document = document.add(between(sequence)).add(lifelines(sequence, height)).add(busy(sequence));
    let document = sequence.events.iter().fold(document, |document, event| document.add(drawn(sequence, event)));
    format!("{}\n", document.add(legend(sequence, height)))
}

fn heading(sequence: &Sequence) -> String {
    format!("Sequence: {}", sequence.title)
}

/// Whether the caller knew more than was true.
fn is_early(sequence: &Sequence) -> bool {
    let (success, there) = sequence.success_and_bytes();
    success.is_some_and(|success| there.is_none_or(|there| success < there))
}

fn verdict(sequence: &Sequence) -> String {
    let said = if is_early(sequence) { "The caller has its success before" } else { "The caller has its success when" };
    format!("{said} the bytes are in the file.")
}

fn colour(sequence: &Sequence) -> &'static str {
    if is_early(sequence) { EARLY } else { TRUE }
}

fn x(lifeline: Lifeline) -> i32 {
    match lifeline {
        Lifeline::Caller => 215,
        Lifeline::Writer => 435,
        Lifeline::Pool => 625,
        Lifeline::File => 805,
    }
}

fn y(order: usize) -> i32 {
    TOP + ROW * order as i32
}

/// The time between the success and the bytes.
fn between(sequence: &Sequence) -> Group {
    let (Some(success), Some(there)) = sequence.success_and_bytes() else { return Group::new() };
    let (from, to) = (y(success.min(there)), y(success.max(there)));
    let said = if is_early(sequence) { "answered, and not there yet" } else { "there, and not answered yet" };
    let band = Rectangle::new().set("x", 0).set("y", from).set("width", WIDTH).set("height", to - from);
    let label = text(20, (from + to) / 2 + 4, said).set("fill", colour(sequence)).set("font-style", "italic");
    Group::new().add(band.set("fill", colour(sequence)).set("fill-opacity", 0.09)).add(label)
}

fn lifelines(sequence: &Sequence, height: i32) -> Group {
    LIFELINES.into_iter().fold(Group::new(), |group, lifeline| {
        let (x, label) = (x(lifeline), sequence.label(lifeline));
        let half = 12 + label.len() as i32 * 4;
        let head = Rectangle::new().set("x", x - half).set("y", 72).set("width", 2 * half).set("height", 28);
        let head = head.set("rx", 4).set("fill", "#f2f2f2").set("stroke", INK);
        let line = line(x, 100, x, height - BOTTOM + 14).set("stroke", "#bbbbbb").set("stroke-dasharray", "4 4");
        group.add(line).add(head).add(text(x, 91, label).set("text-anchor", "middle"))
    })
}

/// The jobs of others on the thread.
fn busy(sequence: &Sequence) -> Group {
    let mut group = Group::new();
    let mut since = None;
    for event in &sequence.events {
        match (event.kind, since) {
            (Kind::Busy, _) => since = Some(y(event.order)),
            (Kind::Free, Some(from)) => {
                let bar = Rectangle::new().set("x", x(event.at) - 6).set("y", from).set("width", 12);
                group = group.add(bar.set("height", y(event.order) - from).set("fill", BUSY).set("stroke", ANSWER));
                since = None;
            }
            _ => {}
        }
    }
    group
}

fn drawn(sequence: &Sequence, event: &Event) -> Group {
    let (x, y) = (x(event.at), y(event.order));
    let beside = |said: &str| text(x + 12, y + 4, said);
    let group = Group::new();
    match event.kind {
        Kind::Call | Kind::Answer | Kind::Wake => arrow(event),
        Kind::Busy => group.add(beside(&event.text).set("fill", ANSWER)),
        Kind::Free => group.add(beside("it ends").set("fill", ANSWER)),
        Kind::Drop => {
            let cross = Path::new().set("d", format!("M{},{} l12,12 m0,-12 l-12,12", x - 6, y - 6));
            group.add(cross.set("stroke", EARLY).set("stroke-width", 2.5)).add(left(
                x,
                y,
                &format!("drops {}", event.text),
            ))
        }
        Kind::Success => {
            let diamond =
                Polygon::new().set("points", format!("{x},{} {},{y} {x},{} {},{y}", y - 8, x + 8, y + 8, x - 8));
            group.add(diamond.set("fill", colour(sequence))).add(left(x, y, &event.text))
        }
        Kind::Look | Kind::There => {
            let fill = if event.kind == Kind::There { TRUE } else { "#ffffff" };
            let mark = Circle::new().set("cx", x).set("cy", y).set("r", 6).set("fill", fill).set("stroke", TRUE);
            group.add(mark.set("stroke-width", 2)).add(beside(&event.text).set("fill", TRUE))
        }
    }
}

fn left(x: i32, y: i32, said: &str) -> Text {
    text(x - 14, y + 4, said).set("text-anchor", "end")
}

/// From one lifeline to another; an answer and a wake are dashed.
fn arrow(event: &Event) -> Group {
    let (from, y) = (x(event.at), y(event.order));
    let to = event.to.map_or(from, x);
    let ahead = if to > from { 1 } else { -1 };
    let colour = match event.kind {
        _ if event.concluded => CONCLUDED,
        Kind::Call => CALL,
        _ => ANSWER,
    };
    let shaft = line(from, y, to - ahead * 2, y).set("stroke", colour).set("stroke-width", 1.6);
    let shaft = if event.kind == Kind::Call { shaft } else { shaft.set("stroke-dasharray", "6 3") };
    let barbs = format!("M{},{} L{to},{y} L{},{}", to - ahead * 9, y - 5, to - ahead * 9, y + 5);
    let head = Path::new().set("d", barbs).set("stroke", colour).set("stroke-width", 1.6);
    let head = head.set("fill", if event.kind == Kind::Call { colour } else { "none" });
    // Beside the lifelines that it crosses.
    let nearest = LIFELINES.into_iter().map(x).filter(|x| (x - from) * ahead > 0).min_by_key(|x| (x - from).abs());
    let label =
        text((from + nearest.unwrap_or(to)) / 2, y - 6, &event.text).set("text-anchor", "middle").set("fill", colour);
    Group::new().add(shaft).add(head).add(label.set("font-family", "monospace").set("font-size", 12))
}

fn legend(sequence: &Sequence, height: i32) -> Group {
    let mut lines = vec![
        "Circles: somebody who has nothing to do with the writer looks at the file; filled, when all bytes of a write are there.",
        "Diamond: the caller is told of a success, and so believes that the bytes are there.",
    ];
    if sequence.events.iter().any(|event| event.concluded) {
        lines.push("Grey arrow: not recorded itself; what was seen before and after it leaves nothing else.");
    }
    let first = height - 16 * lines.len() as i32;
    lines.into_iter().enumerate().fold(Group::new().set("font-size", 12).set("fill", ANSWER), |group, (index, said)| {
        group.add(text(20, first + 16 * index as i32, said))
    })
}

fn line(x1: i32, y1: i32, x2: i32, y2: i32) -> Line {
    Line::new().set("x1", x1).set("y1", y1).set("x2", x2).set("y2", y2)
}

fn text(x: i32, y: i32, said: &str) -> Text {
    Text::new(said).set("x", x).set("y", y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::log::tests::early;

    #[test]
    fn a_picture_has_a_ground_a_title_and_a_description() {
        let picture = draw(&early());
        for part in
            ["fill=\"#ffffff\"", "<title", "<desc", "role=\"img\"", "5. pool thread calls file: write(2) (concluded)"]
        {
            assert!(picture.contains(part), "{part} in\n{picture}");
        }
        assert_eq!(picture, draw(&early()), "the same every time");
    }

    #[test]
    fn text_cannot_be_taken_for_markup() {
        let picture = draw(&early());
        assert!(picture.contains("&lt;a&gt; &amp; b"), "{picture}");
        assert!(!picture.contains("<a>"), "{picture}");
    }

    #[test]
    fn a_success_that_comes_before_the_bytes_is_early() {
        let mut sequence = early();
        assert!(is_early(&sequence));
        assert!(draw(&sequence).contains("answered, and not there yet"));
        let success = sequence.events.remove(2);
        sequence.events.push(success);
        assert!(!is_early(&sequence));
        assert!(draw(&sequence).contains("there, and not answered yet"));
        sequence.events.retain(|event| event.kind != Kind::There);
        assert!(is_early(&sequence), "bytes that never came");
    }
}

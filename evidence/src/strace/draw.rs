//! A timeline as a picture: two lanes, and a bar for each call as long as it took.

use svg::{
    Document,
    node::element::{Description, Group, Line, Rectangle, Text, Title},
};

use super::timeline::{Moment, Timeline};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 270.0;
/// Where time begins and ends.
const LEFT: f64 = 130.0;
const RIGHT: f64 = 930.0;
/// The lanes.
const EXECUTOR: f64 = 110.0;
const POOL: f64 = 180.0;
const BAR: f64 = 26.0;
/// A shorter bar would not be seen.
const LEAST: f64 = 3.0;

const INK: &str = "#222222";
const QUIET: &str = "#8a8a8a";
const WRITE: &str = "#1f4eb4";
const EARLY: &str = "#b3261e";
const TRUE: &str = "#1e7d32";

/// The picture as SVG: the calls from the write or the look, whichever is first, to the last of the two.
pub(super) fn draw(writer: &str, timeline: &Timeline) -> String {
    let scale = Scale::of(timeline);
    let heading = format!("System calls of one write: {writer}");
    let described = timeline.lines().join("\n");
    let document = Document::new()
        .set("viewBox", (0, 0, WIDTH, HEIGHT))
        .set("width", WIDTH)
        .set("height", HEIGHT)
        .set("role", "img")
        .set("aria-labelledby", "title description")
        .set("font-family", "sans-serif")
        .set("font-size", 13)
        .add(Title::new(heading.clone()).set("id", "title"))
        .add(Description::new().add(svg::node::Text::new(described)).set("id", "description"))
        .add(Rectangle::new().set("width", WIDTH).set("height", HEIGHT).set("fill", "#ffffff"))
        .add(text(20.0, 32.0, &heading).set("font-size", 17).set("font-weight", "bold"))
        .add(text(20.0, 54.0, verdict(timeline)).set("fill", colour(timeline)))
        .add(lane("executor", EXECUTOR))
        .add(lane("pool thread", POOL));
    let is_shown = |call: &&Moment| scale.shows(call);
    let calls = timeline.calls.iter().filter(is_shown);
    let document = calls.fold(document, |document, call| document.add(bar(call, timeline, &scale)));
    format!("{}\n", document.add(axis(timeline.length())))
}

fn verdict(timeline: &Timeline) -> &'static str {
    match (timeline.is_before(), timeline.is_early()) {
        (true, _) => "The answer came so early that the look began before write(2) had begun.",
        (false, true) => "The look began before write(2) had returned.",
        (false, false) => "The look began after write(2) had returned.",
    }
}

fn colour(timeline: &Timeline) -> &'static str {
    if timeline.is_early() { EARLY } else { TRUE }
}

/// Which moments are shown, and where.
struct Scale {
    from: f64,
    to: f64,
}

impl Scale {
    fn of(timeline: &Timeline) -> Self {
        let (from, to) = timeline.span();
        let margin = (to - from) / 20.0;
        Scale { from: from - margin, to: to + margin }
    }

    fn x(&self, moment: f64) -> f64 {
        round(LEFT + (moment - self.from) / (self.to - self.from) * (RIGHT - LEFT))
    }

    fn shows(&self, call: &Moment) -> bool {
        call.begin >= self.from && call.end <= self.to
    }
}

fn lane(name: &str, y: f64) -> Group {
    let line = Line::new().set("x1", LEFT).set("x2", RIGHT).set("y1", y + BAR).set("y2", y + BAR);
    Group::new().add(line.set("stroke", "#dddddd")).add(text(20.0, y + BAR - 8.0, name))
}

fn bar(call: &Moment, timeline: &Timeline, scale: &Scale) -> Group {
    let y = if call.on_executor { EXECUTOR } else { POOL };
    let (x, end) = (scale.x(call.begin), scale.x(call.end));
    let fill = match call.name.as_str() {
        "statx" => colour(timeline),
        "write" | "writev" | "pwrite64" => WRITE,
        _ => QUIET,
    };
    let length = round((end - x).max(LEAST));
    let rectangle = Rectangle::new().set("x", x).set("y", y).set("width", length).set("height", BAR).set("fill", fill);
    let said = text(x, y - 6.0, &call.name).set("fill", fill).set("font-family", "monospace").set("font-size", 12);
    Group::new().add(rectangle).add(said)
}

fn axis(length: f64) -> Group {
    let y = POOL + BAR + 26.0;
    let said = format!("{length:.0} microseconds from the first to the last moment; strace makes each call longer");
    Group::new().add(text(LEFT, y, &said).set("fill", INK).set("font-size", 12))
}

/// Hundredths, so that the text is short.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn text(x: f64, y: f64, said: &str) -> Text {
    Text::new(said).set("x", x).set("y", y)
}

#[cfg(test)]
mod tests {
    use super::{super::timeline::tests::timeline, *};

    #[test]
    fn a_picture_says_whether_the_look_was_early() {
        for (look, said) in [(90.0, "had begun."), (120.0, "before write(2) had returned"), (160.0, "after write(2)")] {
            let picture = draw("a writer", &timeline(look));
            for part in [said, "role=\"img\"", "<title", "<desc", ">\nstatx\n</text>", ">\nwrite\n</text>"] {
                assert!(picture.contains(part), "{part} in\n{picture}");
            }
            assert!(!picture.contains(">\nclose\n</text>"), "what is after both is not shown");
        }
    }
}

//! Markdown: where its generated parts are, and how a table of it looks.

use super::COMMAND;

const END: &str = "<!-- end of generated -->";

/// A stretch of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stretch<'a> {
    /// The author's own text.
    Own(&'a str),
    /// A generated part: its name, the line of its marker, and what stands between the markers.
    Generated { name: &'a str, line: usize, content: &'a str },
}

/// The line that begins the part of that name.
pub(super) fn begin(name: &str) -> String {
    format!("<!-- generated: {name}; {COMMAND} -->")
}

/// A part, from marker to marker.
pub(super) fn part(name: &str, content: &str) -> String {
    format!("{}\n{content}{END}\n", begin(name))
}

/// What stands between the markers of a part with that text. The empty lines keep a table from being taken for a part
/// of the comment.
pub(super) fn between(body: &str) -> String {
    format!("\n{}\n\n", body.trim_end())
}

/// Takes a file apart. Together the stretches are the file, but for the lines of the markers.
///
/// # Errors
///
/// What is wrong with the markers, each with the number of its line.
pub(super) fn stretches(text: &str) -> Result<Vec<Stretch<'_>>, Vec<(usize, String)>> {
    let mut reader = Reader { text, ..Reader::default() };
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        reader.line(index + 1, offset, line);
        offset += line.len();
    }
    reader.finish()
}

#[derive(Debug, Default)]
struct Reader<'a> {
    text: &'a str,
    stretches: Vec<Stretch<'a>>,
    problems: Vec<(usize, String)>,
    /// Where the present stretch began.
    since: usize,
    /// The name of the part that is open, and its line.
    open: Option<(&'a str, usize)>,
    /// The fence of the code block that is open: a marker in it is an example.
    fence: Option<&'a str>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, number: usize, offset: usize, line: &'a str) {
        let bare = line.strip_suffix('\n').unwrap_or(line);
        if self.open.is_none() && self.is_code(bare) {
            return;
        }
        match marker(bare) {
            None => {}
            Some(Marker::Begin(name)) => {
                if let Some((open, since)) = self.open {
                    self.problems.push((since, format!("the generated part `{open}` is not closed")));
                }
                self.stretches.push(Stretch::Own(&self.text[self.since..offset]));
                self.open = Some((name, number));
                self.since = offset + line.len();
            }
            Some(Marker::End) => match self.open.take() {
                Some((name, begun)) => {
                    let content = &self.text[self.since..offset];
                    self.stretches.push(Stretch::Generated { name, line: begun, content });
                    self.since = offset + line.len();
                }
                None => self.problems.push((number, "the end of a generated part that has no begin".to_owned())),
            },
            Some(Marker::Wrong) => {
                let right = format!("a marker that is not exactly `{}` or `{END}`", begin("NAME"));
                self.problems.push((number, right));
            }
        }
    }

    /// Whether the line is in a code block, or a fence.
    fn is_code(&mut self, line: &'a str) -> bool {
        let trimmed = line.trim_start();
        let fence = ['`', '~'].into_iter().find_map(|tick| {
            let length = trimmed.chars().take_while(|&c| c == tick).count();
            (length >= 3 && !trimmed[length..].contains('`')).then(|| &trimmed[..length])
        });
        match (self.fence, fence) {
            (None, None) => false,
            (None, Some(_)) => {
                self.fence = fence;
                true
            }
            (Some(open), closing) => {
                if closing.is_some_and(|closing| closing.starts_with(open) && trimmed.trim_end() == closing) {
                    self.fence = None;
                }
                true
            }
        }
    }

    fn finish(mut self) -> Result<Vec<Stretch<'a>>, Vec<(usize, String)>> {
        if let Some((open, since)) = self.open {
            self.problems.push((since, format!("the generated part `{open}` is not closed")));
        }
        self.stretches.push(Stretch::Own(&self.text[self.since..]));
        if self.problems.is_empty() { Ok(self.stretches) } else { Err(self.problems) }
    }
}

enum Marker<'a> {
    Begin(&'a str),
    End,
    /// Looks like a marker, and is none.
    Wrong,
}

/// The marker in a line. One that stands in backticks is spoken of, and not used.
fn marker(line: &str) -> Option<Marker<'_>> {
    let at = ["<!-- generated", "<!-- end of generated"].into_iter().filter_map(|begin| line.find(begin)).min()?;
    if line[..at].ends_with('`') {
        return None;
    }
    if line == END {
        return Some(Marker::End);
    }
    let name = line.strip_prefix("<!-- generated: ").and_then(|rest| rest.strip_suffix(" -->"));
    let name = name.and_then(|rest| rest.strip_suffix(COMMAND)).and_then(|rest| rest.strip_suffix("; "));
    Some(name.map_or(Marker::Wrong, Marker::Begin))
}

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    text: String,
}

impl Table {
    /// With these columns. Those after the first `left` are aligned to the right.
    pub(super) fn new<S: AsRef<str>>(header: impl IntoIterator<Item = S>, left: usize) -> Self {
        let header: Vec<S> = header.into_iter().collect();
        let mut table = Self { text: String::new() };
        table.row(header.iter().map(S::as_ref));
        for column in 0..header.len() {
            table.text += if column < left { "|---" } else { "|--:" };
        }
        table.text += "|\n";
        table
    }

    /// One more row.
    pub(super) fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        for cell in cells {
            // A bar would be the end of the cell, also in code.
            let cell = cell.as_ref().replace('|', "\\|").replace('\n', " ");
            self.text += if cell.is_empty() { "|" } else { "| " };
            self.text += &cell;
            self.text += " ";
        }
        self.text += "|\n";
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<(usize, String)> {
        stretches(text).expect_err("wrong markers")
    }

    #[test]
    fn a_file_is_taken_apart_and_put_together() {
        let text = format!("a\n{}b\n", part("rules", &between("x\ny")));
        let found = stretches(&text).expect("stretches");
        let content = "\nx\ny\n\n";
        let expected =
            [Stretch::Own("a\n"), Stretch::Generated { name: "rules", line: 2, content }, Stretch::Own("b\n")];
        assert_eq!(found, expected);
    }

    #[test]
    fn an_unclosed_part_is_told_with_its_line() {
        let open = begin("rules");
        assert_eq!(problems(&format!("a\n{open}\nx\n")), [(2, "the generated part `rules` is not closed".to_owned())]);
        let twice = problems(&format!("{open}\n{}", part("seed", "x\n")));
        assert_eq!(twice, [(1, "the generated part `rules` is not closed".to_owned())]);
        assert_eq!(problems(&format!("{END}\n"))[0].0, 1);
    }

    #[test]
    fn what_only_looks_like_a_marker_is_told() {
        for line in [
            "<!-- generated: rules -->",
            "  <!-- generated: rules; cargo run --release -p evidence --features rfcs -- rfcs -->",
            "  <!-- end of generated -->",
            "text <!-- end of generated -->",
            "<!-- generated: rules; cargo run --release -p evidence --features rfcs -- rfcs --> text",
        ] {
            let problems = problems(line);
            assert_eq!(problems.len(), 1, "{line}");
            assert!(problems[0].1.contains("not exactly"), "{line}: {}", problems[0].1);
        }
    }

    #[test]
    fn an_example_of_a_marker_is_none() {
        let text = format!("```text\n{}\n```\nsuch as `{}`\n", begin("rules"), begin("rules"));
        assert_eq!(stretches(&text).expect("no marker"), [Stretch::Own(text.as_str())]);
        let longer = format!("````\n```\n{}\n````\n", begin("rules"));
        assert_eq!(stretches(&longer).expect("no marker").len(), 1);
    }

    #[test]
    fn code_in_a_part_does_not_hide_its_end() {
        let text = part("alternative-x", "```text\nx\n```\n");
        assert_eq!(stretches(&text).expect("stretches").len(), 3);
    }

    #[test]
    fn a_bar_does_not_end_a_cell() {
        let mut table = Table::new(["a", "b"], 1);
        table.row(["`x|y`", ""]);
        assert_eq!(table.finish(), "| a | b |\n|---|--:|\n| `x\\|y` | |\n");
    }
}

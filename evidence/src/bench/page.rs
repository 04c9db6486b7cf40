//! A run as one page that needs nothing else: a template, and in it the pictures and the tables.

use std::fmt::Write as _;

use super::{
    compare::groups,
    losses::Losses,
    plots::{self, GRID, GROUND, INK, Picture},
    report::{self, Cells},
    row::Row,
    run::Run,
    targets::targets,
};

const TEMPLATE: &str = include_str!("page.html");

/// The page of a run.
pub(super) fn page(run: &Run) -> anyhow::Result<String> {
    let pictures = plots::pictures(&run.rows)?;
    let losses = Losses::of(&run.rows);
    let reached = targets(&run.rows).iter().filter(|target| target.is_reached()).count();
    let judged = targets(&run.rows).len();
    let parts = [
        (
            "quick",
            if run.quick { "<p class=\"loud\">Run with --quick: these figures mean nothing.</p>" } else { "" }
                .to_owned(),
        ),
        (
            "quiet",
            format!(
                "<p class=\"{}\">{}</p>",
                if run.quiet.is_quiet() { "calm" } else { "loud" },
                text(&run.quiet.text())
            ),
        ),
        ("machine", text(&run.machine)),
        ("versions", text(&run.versions)),
        ("seconds", run.seconds.to_string()),
        ("overview", overview(&pictures)),
        ("reached", format!("{reached} of {judged} reached.")),
        ("targets", table(&report::target_table(run))),
        ("losses-text", text(&losses.text())),
        ("losses", table(&report::loss_table(&losses))),
        ("legend", text(report::LEGEND)),
        ("contents", contents(&run.rows)),
        ("groups", all_groups(run, &pictures)),
        ("absent", absent(run)),
    ];
    let fill = |page: String, (name, part): &(&str, String)| page.replace(&format!("{{{{{name}}}}}"), part);
    Ok(parts.iter().fold(TEMPLATE.to_owned(), fill))
}

/// The pictures of whole situations that say most.
fn overview(pictures: &[Picture]) -> String {
    let chosen =
        ["bench-alone-100.svg", "bench-alone-time.svg", "bench-alone-latency.svg", "bench-busy-loops-latency.svg"];
    let chosen = chosen.iter().filter_map(|name| pictures.iter().find(|picture| picture.name == *name));
    chosen.map(figure).collect()
}

fn contents(rows: &[Row]) -> String {
    let link = |place: String| format!("<li><a href=\"#{}\">{}</a></li>", anchor(&place), text(&place));
    groups(rows).iter().map(|group| link(group.first().place())).collect()
}

fn all_groups(run: &Run, pictures: &[Picture]) -> String {
    let mut all = String::new();
    for group in groups(&run.rows) {
        let (place, name) = (group.first().place(), plots::spans_name(&group));
        let _ = write!(all, "<section id=\"{}\"><h3>{}</h3>", anchor(&place), text(&place));
        all.extend(pictures.iter().filter(|picture| picture.name == name).map(figure));
        let _ = write!(
            all,
            "<details><summary>All figures</summary>{}</details></section>",
            table(&report::time_table(&group))
        );
    }
    let idle: Vec<&Row> = run.rows.iter().filter(|row| row.idle.is_some()).collect();
    if !idle.is_empty() {
        let _ = write!(all, "<section id=\"idle\"><h3>idle</h3>{}</section>", table(&report::idle_table(&idle)));
    }
    all
}

fn absent(run: &Run) -> String {
    let failures =
        run.failures.iter().map(|failure| format!("{}, {}: {}", failure.place, failure.subject, failure.why));
    let not_run = run.not_run.iter().map(|(situation, why)| format!("{situation}: {why}"));
    let lines: String = not_run.chain(failures).map(|line| format!("<li>{}</li>", text(&line))).collect();
    if lines.is_empty() { "<p>Everything was measured.</p>".to_owned() } else { format!("<ul>{lines}</ul>") }
}

/// A picture in the colours of the page.
fn figure(picture: &Picture) -> String {
    let colours = [(GROUND, "var(--card)"), (INK, "var(--ink)"), (GRID, "var(--line)")];
    let svg = colours.iter().fold(picture.svg.clone(), |svg, (from, to)| svg.replace(from, to));
    format!("<figure>{svg}</figure>")
}

fn table(cells: &Cells) -> String {
    let mut all = String::from("<div class=\"frame\"><table><thead><tr>");
    let class = |column: usize| if column < cells.words { "" } else { " class=\"number\"" };
    for (column, cell) in cells.header.iter().enumerate() {
        let _ = write!(all, "<th{}>{}</th>", class(column), text(cell));
    }
    all += "</tr></thead><tbody>";
    for row in &cells.rows {
        let is_ours = row.first().is_some_and(|cell| cell.starts_with(super::subjects::OURS));
        all += if is_ours { "<tr class=\"ours\">" } else { "<tr>" };
        for (column, cell) in row.iter().enumerate() {
            let _ = match cell.as_str() {
                "reached" => write!(all, "<td class=\"good\">{cell}</td>"),
                "NOT REACHED" => write!(all, "<td class=\"bad\">not reached</td>"),
                _ => write!(all, "<td{}>{}</td>", class(column), text(cell)),
            };
        }
        all += "</tr>";
    }
    all + "</tbody></table></div>"
}

/// Text that stays text.
fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn anchor(place: &str) -> String {
    place.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{
        row::tests::row,
        run::{Failure, tests::run},
        situations::Situation,
        subjects::{OURS, Role},
    };

    fn rows() -> Vec<Row> {
        vec![
            row(Situation::Alone, 100, Role::Reference, ("std", "bare"), 700.0),
            row(Situation::Alone, 100, Role::Ours, (OURS, "bare"), 3000.0),
            row(Situation::Alone, 100, Role::Peer, ("async-fs write+flush", "bare"), 2000.0),
        ]
    }

    #[test]
    fn a_page_has_no_hole_and_needs_no_other_file() {
        let page = page(&run(rows())).expect("a page");
        assert!(!page.contains("{{"), "{page}");
        for word in
            ["<svg", "prefers-color-scheme: dark", "NOT REACHED".to_lowercase().as_str(), "async-fs write+flush"]
        {
            assert!(page.contains(word), "{word}");
        }
        assert!(!page.contains(GROUND) && !page.contains("src=") && !page.contains("@import"), "{page}");
    }

    #[test]
    fn what_an_error_says_stays_text() {
        let mut run = run(rows());
        let why = "<script>alert(1)</script> & more".to_owned();
        run.failures.push(Failure { place: "alone".to_owned(), subject: "compio".to_owned(), is_ours: false, why });
        assert!(page(&run).expect("a page").contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"));
    }
}

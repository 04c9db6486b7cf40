//! The generated parts, as whoever edits them meets them: what is rendered, and what the check finds.

#![cfg(target_os = "linux")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    sync::OnceLock,
};

const PAGE: &str = "rfcs/0001-page.md";
const END: &str = "<!-- end of generated -->\n";

fn evidence(args: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evidence")).args(args).current_dir(folder).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// The data that take no time, as today's commands leave them.
fn data() -> &'static [(&'static str, String)] {
    static DATA: OnceLock<Vec<(&str, String)>> = OnceLock::new();
    DATA.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let commands = [("machine", vec![]), ("sequence", vec![]), ("audit", vec!["--rounds", "1"])];
        let paths = ["rfcs/data/machine.json", "rfcs/data/sequences.json", "rfcs/data/audit.json"];
        let make = |((command, options), path): ((&'static str, Vec<&'static str>), &'static str)| {
            let file = folder.path().join("data.json");
            let args = [&[command, "--json", "data.json"], options.as_slice()].concat();
            let output = evidence(&args, folder.path());
            (path, fs::read_to_string(file).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr))))
        };
        commands.into_iter().zip(paths).map(make).collect()
    })
}

fn begin(name: &str) -> String {
    format!("<!-- generated: {name}; cargo run --release -p evidence --features rfcs -- rfcs -->\n")
}

/// A repository of one page, which has these parts and shows these pictures.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new(parts: &[&str], pictures: &[&str]) -> Self {
        let repository = Self(tempfile::tempdir().expect("a folder"));
        fs::create_dir_all(repository.0.path().join("rfcs/data")).expect("a folder");
        for (path, text) in data() {
            repository.write(path, text);
        }
        let parts: String = parts.iter().map(|name| format!("{}{END}\nMore.\n\n", begin(name))).collect();
        let pictures: String = pictures.iter().map(|name| format!("![a picture](figures/{name})\n")).collect();
        repository.write(PAGE, &format!("# A page\n\n{parts}{pictures}"));
        repository
    }

    /// With everything rendered.
    fn rendered(parts: &[&str], pictures: &[&str]) -> Self {
        let repository = Self::new(parts, pictures);
        let output = repository.run(&[]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        repository
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.path().join(path), text).expect("a file");
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{from} in {text}");
        self.write(path, &text.replacen(from, to, 1));
    }

    fn run(&self, args: &[&str]) -> Output {
        evidence(&[&["rfcs"], args].concat(), self.0.path())
    }

    /// What the check has to say; it must have something.
    fn found(&self) -> String {
        let before = self.read(PAGE);
        let output = self.run(&["--check"]);
        assert_eq!(output.status.code(), Some(1), "{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(self.read(PAGE), before, "a check writes nothing");
        text(&output.stderr)
    }

    fn assert_up_to_date(&self) {
        let output = self.run(&["--check"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
}

#[test]
fn what_was_rendered_is_up_to_date_and_the_rest_of_a_page_stays() {
    let repository =
        Repository::rendered(&["rules", "machine", "seed", "select-loop", "audit", "flaws"], &["sequence-tokio.svg"]);
    repository.assert_up_to_date();
    let page = repository.read(PAGE);
    assert!(page.starts_with("# A page\n\n<!-- generated: rules;"), "{page}");
    assert_eq!(page.matches("\nMore.\n").count(), 6, "{page}");
    assert!(page.contains("| [W1] | completion |"), "{page}");
    let again = repository.run(&[]);
    assert!(!text(&again.stdout).contains("wrote"), "{}", text(&again.stdout));
}

#[test]
fn a_part_that_was_never_rendered_is_found() {
    assert!(Repository::new(&["rules"], &[]).found().contains("rfcs/0001-page.md:3: `rules` is not what the data"));
}

#[test]
fn an_edited_table_is_found_and_mended() {
    let repository = Repository::rendered(&["machine", "rules"], &[]);
    repository.edit(PAGE, "follow those of every earlier one", "follow those of an earlier one");
    let found = repository.found();
    assert!(found.contains("`rules` is not what the data render to") && !found.contains("`machine`"), "{found}");
    assert!(repository.run(&[]).status.success());
    repository.assert_up_to_date();
}

#[test]
fn an_edited_figure_is_found_too() {
    let repository = Repository::rendered(&["seed"], &[]);
    repository.edit(PAGE, "1 of 1", "0 of 1");
    assert!(repository.found().contains("`seed`"));
}

#[test]
fn a_row_that_is_missing_in_the_data_is_found() {
    let repository = Repository::rendered(&["rules"], &[]);
    let audit = repository.read("rfcs/data/audit.json");
    let row = audit.lines().find(|line| line.contains("async-fs") && line.contains("dev-full")).expect("a row");
    repository.edit("rfcs/data/audit.json", &format!("{row}\n"), "");
    let found = repository.found();
    assert!(found.contains("rfcs/data/audit.json lacks: dev-full, async-fs; `cargo run"), "{found}");
}

#[test]
fn a_case_that_is_called_otherwise_today_is_found() {
    let repository = Repository::rendered(&["rules"], &[]);
    repository.edit("rfcs/data/audit.json", r#""case":"torn-record""#, r#""case":"broken-record""#);
    let found = repository.found();
    assert!(found.contains("lacks: torn-record, tokio;"), "{found}");
    assert!(found.contains("has what is not measured today: broken-record, tokio;"), "{found}");
}

#[test]
fn another_column_is_found() {
    let repository = Repository::rendered(&["rules"], &[]);
    repository.edit("rfcs/data/audit.json", r#""failures":"#, r#""faults":"#);
    let found = repository.found();
    assert!(found.contains("unknown field `faults`") && found.contains("audit --json"), "{found}");
}

#[test]
fn other_figures_are_no_problem_of_form() {
    let repository = Repository::rendered(&["rules"], &[]);
    repository.edit("rfcs/data/audit.json", r#""rounds":1"#, r#""rounds":77"#);
    repository.assert_up_to_date();
}

#[test]
fn an_unknown_marker_is_found() {
    let found = Repository::new(&["rulez"], &[]).found();
    assert!(found.contains("rfcs/0001-page.md:3: `rulez`: no generated part is called `rulez`; there are"), "{found}");
}

#[test]
fn an_unclosed_marker_is_found() {
    let repository = Repository::rendered(&["rules"], &[]);
    repository.edit(PAGE, END, "");
    assert!(repository.found().contains("rfcs/0001-page.md:3: the generated part `rules` is not closed"));
}

#[test]
fn a_page_without_any_part_is_no_check() {
    assert!(Repository::new(&[], &[]).found().contains("nothing was checked"));
}

#[test]
fn missing_data_name_the_command_that_makes_them() {
    let found = Repository::new(&["matrix", "bench-targets"], &[]).found();
    for (feature, arguments) in [("matrix", "--json rfcs/data/matrix.json"), ("bench", "--json rfcs/data/bench.json")] {
        let command = format!("cargo run --release -p evidence --features {feature} -- {feature} {arguments}");
        assert!(found.contains(&format!("is missing; `{command}")), "{found}");
    }
}

#[test]
fn a_picture_is_made_where_it_is_shown_and_kept_no_longer() {
    let repository = Repository::rendered(&["rules"], &["sequence-smol.svg", "sequence-dropped.svg"]);
    let picture = "rfcs/figures/sequence-smol.svg";
    assert!(repository.read(picture).starts_with("<svg "));
    repository.edit(picture, "0 of 5 bytes", "5 of 5 bytes");
    assert!(repository.found().contains("rfcs/figures/sequence-smol.svg is not what the data render to"));
    repository.edit(PAGE, "![a picture](figures/sequence-smol.svg)\n", "");
    assert!(repository.found().contains("rfcs/figures/sequence-smol.svg is shown nowhere"));
    assert!(repository.run(&[]).status.success());
    assert!(!repository.0.path().join(picture).exists());
    repository.assert_up_to_date();
}

#[test]
fn a_picture_that_nobody_can_draw_is_found() {
    assert!(
        Repository::new(&["rules"], &["sequence-moon.svg"]).found().contains("no picture is called sequence-moon.svg")
    );
}

#[test]
fn the_sequences_show_who_answers_early() {
    let repository =
        Repository::rendered(&["rules"], &["sequence-tokio.svg", "sequence-smol.svg", "sequence-complete.svg"]);
    let picture = |name: &str| repository.read(&format!("rfcs/figures/sequence-{name}.svg"));
    for name in ["tokio", "smol"] {
        assert!(picture(name).contains("answered, and not there yet"), "{name}");
    }
    assert!(picture("complete").contains("there, and not answered yet"));
}

#[test]
fn a_folder_without_rfcs_is_no_repository() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = evidence(&["rfcs", "--check"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("has no folder rfcs"), "{}", text(&output.stderr));
}

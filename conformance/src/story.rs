//! [`Story`]: what the kit did with a writer and what it saw, step by step.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::describe::counted;

/// What was done with a writer, and what came of it.
#[derive(Clone, Debug, Default)]
pub struct Story {
    steps: Vec<Step>,
    left_out: usize,
}

/// One thing that was done.
#[derive(Clone, Debug)]
pub struct Step {
    /// The number of the poll, from 1; `None` if it was no poll.
    pub poll: Option<usize>,
    /// What the kit did.
    pub did: String,
    /// What came of it; empty while it lasts, and where there is nothing to say.
    pub saw: String,
    /// How many bytes the destination had afterwards, where that can be seen.
    pub offset: Option<u64>,
}

impl Story {
    /// The steps, in order, without those that are [left out](Self::left_out).
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How many steps of a long story are left out, after its first 50.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The number of the last poll: how many there were, of every writer of the case.
    pub fn polls(&self) -> usize {
        self.steps.iter().filter_map(|step| step.poll).next_back().unwrap_or(0)
    }

    /// How many bytes the destination had at the end.
    pub fn offset(&self) -> u64 {
        self.steps.iter().filter_map(|step| step.offset).next_back().unwrap_or(0)
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            let left_out = if index < KEPT { 0 } else { self.left_out };
            if index == KEPT && left_out > 0 {
                writeln!(f, "         ({} left out)", counted(left_out, "step"))?;
            }
            let poll = step.poll.map_or_else(String::new, |poll| format!("poll {poll}: "));
            let saw = if step.saw.is_empty() { String::new() } else { format!(" -> {}", step.saw) };
            writeln!(f, "    {:>3}. {poll}{}{saw}", index + 1 + left_out, step.did)?;
        }
        Ok(())
    }
}

/// How many steps a story has at most. Longer ones are of loops, whose middle adds nothing.
const MAX_STEPS: usize = 200;

/// How many of the first steps are never left out.
const KEPT: usize = 50;

/// A story while it is being recorded. Clones share it, so that a watchdog sees which step hangs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    live: Arc<Mutex<Live>>,
}

#[derive(Debug, Default)]
struct Live {
    story: Story,
    case: String,
    /// How many polls there were.
    polls: usize,
    /// The age of the step that goes on, since it was begun or touched; `None` if none does.
    age: Option<Age>,
    /// The age of what has a limit, and the limit.
    limited: Option<(Age, Duration)>,
    /// What the kit waits for.
    awaited: Option<String>,
    /// Whether the destination was made to answer `Ok(0)`.
    refuses: bool,
}

/// How long something has lasted. The watchdog adds time at each tick. The first one after the beginning adds none,
/// since it cannot know how much of the tick came before.
#[derive(Clone, Copy, Debug)]
enum Age {
    New,
    Seen(Duration),
}

impl Age {
    /// Adds `time`, and returns the new age.
    fn grow(&mut self, time: Duration) -> Duration {
        let age = match self {
            Self::New => Duration::ZERO,
            Self::Seen(age) => *age + time,
        };
        *self = Self::Seen(age);
        age
    }
}

impl Log {
    /// Begins anew, with another case.
    pub(crate) fn clear(&self, case: &str) {
        *self.live() = Live { case: case.to_owned(), ..Live::default() };
    }

    /// The case that goes on.
    pub(crate) fn case(&self) -> String {
        self.live().case.clone()
    }

    /// Begins a step that may not return.
    pub(crate) fn begin(&self, did: String) {
        self.live().begin(None, did);
    }

    /// Begins a poll that may not return.
    pub(crate) fn begin_poll(&self, did: String) {
        let mut live = self.live();
        live.polls += 1;
        let poll = live.polls;
        live.begin(Some(poll), did);
    }

    /// What goes on without steps of its own, such as a loop of many polls, is alive.
    pub(crate) fn touch(&self) {
        self.live().age = Some(Age::New);
    }

    /// Ends the step that was begun last.
    pub(crate) fn end(&self, saw: String, offset: Option<u64>) {
        let mut live = self.live();
        live.age = None;
        if let Some(step) = live.story.steps.last_mut() {
            (step.saw, step.offset) = (saw, offset);
        }
    }

    /// The kit waits for `what`, until the next step.
    pub(crate) fn wait_for(&self, what: &str) {
        self.live().awaited = Some(what.to_owned());
    }

    /// What the kit waits for.
    pub(crate) fn awaited(&self) -> Option<String> {
        self.live().awaited.clone()
    }

    /// The destination is made to answer `Ok(0)` in this case.
    pub(crate) fn takes_no_more(&self) {
        self.live().refuses = true;
    }

    /// Whether the destination was made to answer `Ok(0)` in this case.
    pub(crate) fn is_refusing(&self) -> bool {
        self.live().refuses
    }

    /// How many bytes the destination had after the last step, where that can be seen.
    pub(crate) fn offset(&self) -> Option<u64> {
        self.live().story.steps.last().and_then(|step| step.offset)
    }

    /// What was begun last and has not ended.
    pub(crate) fn unended(&self) -> Option<String> {
        let live = self.live();
        live.age.and_then(|_| live.story.steps.last().map(|step| step.did.clone()))
    }

    /// The step that was begun last did nothing, and is left out.
    pub(crate) fn retract(&self) {
        let mut live = self.live();
        live.age = None;
        live.story.steps.pop();
    }

    /// How many steps there were.
    pub(crate) fn steps(&self) -> usize {
        let live = self.live();
        live.story.steps.len() + live.story.left_out
    }

    /// The story so far.
    pub(crate) fn so_far(&self) -> Story {
        self.live().story.clone()
    }

    /// What goes on has to be over after `limit`, or may take its time again.
    pub(crate) fn limit(&self, limit: Option<Duration>) {
        self.live().limited = limit.map(|limit| (Age::New, limit));
    }

    /// Adds `time` to what goes on. Returns whether it should be over: a step of `limit` or more, or what has a limit
    /// of its own.
    pub(crate) fn advance(&self, time: Duration, limit: Duration) -> bool {
        let mut live = self.live();
        let step_is_overdue = live.age.as_mut().is_some_and(|age| age.grow(time) >= limit);
        let is_over_its_limit = live.limited.as_mut().is_some_and(|(age, limit)| age.grow(time) >= *limit);
        step_is_overdue || is_over_its_limit
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    fn begin(&mut self, poll: Option<usize>, did: String) {
        let Story { steps, left_out } = &mut self.story;
        if steps.len() == MAX_STEPS {
            *left_out += steps.drain(KEPT..2 * KEPT).count();
        }
        steps.push(Step { poll, did, saw: String::new(), offset: None });
        self.age = Some(Age::New);
        self.awaited = None;
    }
}

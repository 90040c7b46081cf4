//! The matrix: rows are kinds of steps and of writes, columns are kill points and faults, and each cell names what it must
//! observe. A cell without words, or that no point was tried for, is red.

use crate::orders::{Bug, Write};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// The plan is stored beside the journal.
    Plan,
    /// The run is opened.
    Open,
    /// A step that runs a program.
    Program,
    /// A cluster met for the first time is named.
    Identify,
    /// A step that creates.
    Create,
    /// A step that changes fields.
    Update,
    /// A step that takes fields away.
    Remove,
    /// A step that puts our mark on what exists.
    Adopt,
    /// A step that deletes.
    Delete,
    /// A step that takes our mark off.
    Release,
    /// The run is taken over.
    TakeOver,
    /// The inventory is written.
    Inventory,
    /// The run is closed.
    Close,
}

/// Every row.
pub const ROWS: &[Row] = &[
    Row::Plan,
    Row::Open,
    Row::Program,
    Row::Identify,
    Row::Create,
    Row::Update,
    Row::Remove,
    Row::Adopt,
    Row::Delete,
    Row::Release,
    Row::TakeOver,
    Row::Inventory,
    Row::Close,
];

/// Where it is disturbed, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Killed before the intent is written.
    BeforeIntent,
    /// Killed while the intent is written.
    TornIntent,
    /// Killed when the intent is written and nothing is sent.
    AfterIntent,
    /// Killed when the effect is asked for and not there.
    BeforeEffect,
    /// Killed when the effect is there and not answered.
    AfterEffect,
    /// Not killed: the answer is lost after the effect.
    AnswerLost,
    /// The answer is lost, and killed while asking what came of it.
    WhileAsking,
    /// Not killed: the request arrives twice.
    Twice,
    /// Killed before the result, or the one record that there is, is written.
    BeforeRecord,
    /// Killed while it is written.
    TornRecord,
    /// Killed when it is written.
    AfterRecord,
    /// Killed, and killed again while resuming.
    KilledAgain,
}

/// Every column.
pub const COLUMNS: &[Column] = &[
    Column::BeforeIntent,
    Column::TornIntent,
    Column::AfterIntent,
    Column::BeforeEffect,
    Column::AfterEffect,
    Column::AnswerLost,
    Column::WhileAsking,
    Column::Twice,
    Column::BeforeRecord,
    Column::TornRecord,
    Column::AfterRecord,
    Column::KilledAgain,
];

/// What a cell must observe, beside what every cell must: that the kill point was reached, that resuming ends well, the
/// same world and inventory as without a kill, a journal that is whole and closed, an empty next plan, and no second
/// effect in the server's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Must {
    /// It was not begun: no write of it was sent before the kill, and resuming does it without a doubt.
    BeginFresh,
    /// It was in doubt: resuming asks first, finds nothing, and does it.
    AskThenDo,
    /// It was in doubt: resuming asks first, finds the effect, and sends nothing.
    AskThenFind,
    /// The run itself asks, finds the effect, sends nothing more, and ends.
    FindByItself,
    /// The run is told of a conflict with itself, finds its own effect, and ends.
    FindOwnConflict,
    /// It is done: resuming asks nothing about it and sends nothing for it.
    LeaveAlone,
    /// There is no open run: `resume` says so, and applying again does everything.
    ApplyAgain,
    /// Resuming does what is left.
    GoOn,
    /// Everything was done: resuming sends no write and closes the run.
    OnlyClose,
    /// Everything was done and closed: `resume` has nothing to go on with.
    NothingLeft,
    /// The program was started, and made nothing: it gets its whole limit, then it is started once more.
    StartOnceMore,
    /// The program was never started: it gets its whole limit, then it is started, once.
    StartOnce,
    /// Cannot be, because of this.
    Never(&'static str),
}

impl Must {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Must::BeginFresh => {
                "nothing of it was sent before the kill; resuming does it, without a doubt"
            }
            Must::AskThenDo => "in doubt: resuming asks, finds nothing, and does it",
            Must::AskThenFind => "in doubt: resuming asks, finds the effect, and sends nothing",
            Must::FindByItself => {
                "no kill: the run asks, finds the effect, sends nothing more, and ends well"
            }
            Must::FindOwnConflict => {
                "no kill: the second copy is refused, the run finds its own effect and ends well"
            }
            Must::LeaveAlone => "done: resuming asks nothing about it and sends nothing for it",
            Must::ApplyAgain => {
                "no run is open: resume says so, and applying again does everything"
            }
            Must::GoOn => "resuming does what is left",
            Must::OnlyClose => "everything was done: resuming sends no write and closes the run",
            Must::NothingLeft => "everything was done and closed: resume has nothing to go on with",
            Must::StartOnceMore => {
                "a program may run on alone: it gets its whole limit, then it is started once more"
            }
            Must::StartOnce => {
                "a program may run on alone: it gets its whole limit, then it is started, once"
            }
            Must::Never(why) => why,
        }
    }
}

impl Row {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Row::Plan => "store the plan",
            Row::Open => "open the run",
            Row::Program => "run a program",
            Row::Identify => "name a new cluster",
            Row::Create => "create",
            Row::Update => "update",
            Row::Remove => "remove fields",
            Row::Adopt => "adopt",
            Row::Delete => "delete",
            Row::Release => "release",
            Row::TakeOver => "take over",
            Row::Inventory => "write the inventory",
            Row::Close => "close the run",
        }
    }
    /// The one write that it is, where it is no step.
    pub fn write(self) -> Option<Write> {
        match self {
            Row::Plan => Some(Write::Plan),
            Row::Open => Some(Write::Opened),
            Row::Identify => Some(Write::Identified),
            Row::TakeOver => Some(Write::TakenOver),
            Row::Inventory => Some(Write::Inventory),
            Row::Close => Some(Write::Closed),
            Row::Program
            | Row::Create
            | Row::Update
            | Row::Remove
            | Row::Adopt
            | Row::Delete
            | Row::Release => None,
        }
    }
}

impl Column {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Column::BeforeIntent => "before the intent",
            Column::TornIntent => "torn intent",
            Column::AfterIntent => "after the intent",
            Column::BeforeEffect => "before the effect",
            Column::AfterEffect => "after the effect",
            Column::AnswerLost => "answer lost",
            Column::WhileAsking => "while asking",
            Column::Twice => "arrives twice",
            Column::BeforeRecord => "before the record",
            Column::TornRecord => "torn record",
            Column::AfterRecord => "after the record",
            Column::KilledAgain => "killed again",
        }
    }
    /// Whether every step of the 20 is tried here; else one of each kind.
    pub fn is_swept(self) -> bool {
        match self {
            Column::BeforeIntent
            | Column::TornIntent
            | Column::AfterIntent
            | Column::BeforeEffect
            | Column::AfterEffect
            | Column::BeforeRecord
            | Column::TornRecord
            | Column::AfterRecord => true,
            Column::AnswerLost | Column::WhileAsking | Column::Twice | Column::KilledAgain => false,
        }
    }
    /// The mistake that turns this column red, and is planted to see that it does.
    pub fn bug(self) -> Bug {
        match self {
            Column::BeforeIntent => Bug::IntentWrittenBehind,
            Column::TornIntent | Column::TornRecord => Bug::TornIsAnError,
            Column::AfterIntent | Column::BeforeEffect => Bug::StartedIsDone,
            Column::AfterEffect | Column::WhileAsking | Column::BeforeRecord => {
                Bug::StartedIsForgotten
            }
            Column::AnswerLost => Bug::LostIsRefused,
            Column::Twice => Bug::ConflictIsInvalid,
            Column::AfterRecord => Bug::LastDoneIsForgotten,
            Column::KilledAgain => Bug::TakenOverOnlyOnce,
        }
    }
}

const NO_INTENT: &str = "a write of the journal alone: it has no intent before it";
const NO_EFFECT: &str = "a write of the journal alone: it has no effect outside";
const NO_WIRE: &str = "a program is started, not sent over a wire: it cannot arrive twice";

/// What a cell must observe.
pub fn must(row: Row, column: Column) -> Must {
    match row {
        Row::Create | Row::Update | Row::Remove | Row::Adopt | Row::Delete | Row::Release => {
            of_write(column)
        }
        Row::Program => of_program(column),
        Row::Plan | Row::Open | Row::Identify | Row::TakeOver | Row::Inventory | Row::Close => {
            of_journal(row, column)
        }
    }
}

fn of_write(column: Column) -> Must {
    match column {
        Column::BeforeIntent | Column::TornIntent => Must::BeginFresh,
        Column::AfterIntent | Column::BeforeEffect => Must::AskThenDo,
        Column::AfterEffect
        | Column::WhileAsking
        | Column::BeforeRecord
        | Column::TornRecord
        | Column::KilledAgain => Must::AskThenFind,
        Column::AnswerLost => Must::FindByItself,
        Column::Twice => Must::FindOwnConflict,
        Column::AfterRecord => Must::LeaveAlone,
    }
}

fn of_program(column: Column) -> Must {
    match column {
        Column::BeforeIntent | Column::TornIntent => Must::BeginFresh,
        Column::AfterIntent => Must::StartOnce,
        Column::BeforeEffect => Must::StartOnceMore,
        Column::AfterEffect
        | Column::WhileAsking
        | Column::BeforeRecord
        | Column::TornRecord
        | Column::KilledAgain => Must::AskThenFind,
        Column::AnswerLost => Must::FindByItself,
        Column::Twice => Must::Never(NO_WIRE),
        Column::AfterRecord => Must::LeaveAlone,
    }
}

fn of_journal(row: Row, column: Column) -> Must {
    match column {
        Column::BeforeIntent | Column::TornIntent | Column::AfterIntent => Must::Never(NO_INTENT),
        Column::BeforeEffect
        | Column::AfterEffect
        | Column::AnswerLost
        | Column::WhileAsking
        | Column::Twice => Must::Never(NO_EFFECT),
        Column::BeforeRecord | Column::TornRecord | Column::KilledAgain => match row {
            Row::Plan | Row::Open => Must::ApplyAgain,
            Row::Inventory | Row::Close => Must::OnlyClose,
            Row::Identify
            | Row::TakeOver
            | Row::Program
            | Row::Create
            | Row::Update
            | Row::Remove
            | Row::Adopt
            | Row::Delete
            | Row::Release => Must::GoOn,
        },
        Column::AfterRecord => match row {
            Row::Plan => Must::ApplyAgain,
            Row::Inventory => Must::OnlyClose,
            Row::Close => Must::NothingLeft,
            Row::Open
            | Row::Identify
            | Row::TakeOver
            | Row::Program
            | Row::Create
            | Row::Update
            | Row::Remove
            | Row::Adopt
            | Row::Delete
            | Row::Release => Must::GoOn,
        },
    }
}

//! The RFCs: why the traits and the adapter are as they are, what was refused, and what it costs.
//!
//! | RFC | decides |
//! |---|---|
//! | [0001](rfc_0001) | the trait pair and the contract |
//! | [0002](rfc_0002) | `Offload`, which carries blocking destinations to the asynchronous side |
//!
//! How an RFC comes about, and how to comment on one, says [the process](process); the programs that they quote are
//! [here](programs).
//!
//! # How it works
//!
//! Each RFC is a file in `rfcs/`, readable as it stands, and included here so that its code is compiled and its links to
//! items are checked. In front of the file stand the link definitions for rustdoc, at its end those for the repository: of
//! several definitions Markdown takes the first.

/// A page of `rfcs/`, with the definitions for rustdoc: rules, items, pages and programs.
macro_rules! rfc {
    ($name:ident = $file:literal) => {
        #[doc = "[adapter]: crate::adapter"]
        #[doc = "[contract]: crate::contract"]
        #[doc = "[Rule]: crate::contract::Rule"]
        #[doc = "[W1]: crate::contract::Rule::W1"]
        #[doc = "[W2]: crate::contract::Rule::W2"]
        #[doc = "[W3]: crate::contract::Rule::W3"]
        #[doc = "[W4]: crate::contract::Rule::W4"]
        #[doc = "[W5]: crate::contract::Rule::W5"]
        #[doc = "[W6]: crate::contract::Rule::W6"]
        #[doc = "[W7]: crate::contract::Rule::W7"]
        #[doc = "[W8]: crate::contract::Rule::W8"]
        #[doc = "[W9]: crate::contract::Rule::W9"]
        #[doc = "[W10]: crate::contract::Rule::W10"]
        #[doc = "[W11]: crate::contract::Rule::W11"]
        #[doc = "[W12]: crate::contract::Rule::W12"]
        #[doc = "[W13]: crate::contract::Rule::W13"]
        #[doc = "[W14]: crate::contract::Rule::W14"]
        #[doc = "[W15]: crate::contract::Rule::W15"]
        #[doc = "[W16]: crate::contract::Rule::W16"]
        #[doc = "[D1]: crate::contract::Rule::D1"]
        #[doc = "[`DriveWrite`]: crate::DriveWrite"]
        #[doc = "[`Tracked`]: crate::Tracked"]
        #[doc = "[`AsyncWriteCompleteExt`]: crate::AsyncWriteCompleteExt"]
        #[doc = "[0001]: crate::rfcs::rfc_0001"]
        #[doc = "[0002]: crate::rfcs::rfc_0002"]
        #[doc = "[process]: crate::rfcs::process"]
        #[doc = "[template]: crate::rfcs::template"]
        #[doc = "[early_answers]: crate::rfcs::programs::early_answers"]
        #[doc = "[quickstart]: crate::rfcs::programs::quickstart"]
        #[doc = "[cancel_and_resume]: crate::rfcs::programs::cancel_and_resume"]
        #[doc = "[generic_library]: crate::rfcs::programs::generic_library"]
        #[doc = "[implement_a_writer]: crate::rfcs::programs::implement_a_writer"]
        #[doc = "[framed_writer]: crate::rfcs::programs::framed_writer"]
        #[doc = "[certify_your_type]: crate::rfcs::programs::certify_your_type"]
        #[doc = "[replace_unblock]: crate::rfcs::programs::replace_unblock"]
        // The pictures, by the names of their files; see `build.rs`.
        #[doc = include_str!(concat!(env!("OUT_DIR"), "/figures.md"))]
        #[doc = include_str!(concat!("../rfcs/", $file))]
        pub mod $name {}
    };
}

rfc! { rfc_0001 = "0001-async-write-complete.md" }

pub mod rfc_0002;

rfc! { process = "README.md" }

rfc! { template = "0000-template.md" }

/// The programs in `examples/`, which `ci/examples.sh` runs.
pub mod programs {
    macro_rules! programs {
        ($($name:ident)*) => {
            $(
                // As text: cargo compiles it where it stands.
                #[doc = concat!("`examples/", stringify!($name), ".rs`\n\n```text\n")]
                #[doc = include_str!(concat!("../examples/", stringify!($name), ".rs"))]
                #[doc = "```"]
                pub mod $name {}
            )*
        };
    }

    programs! {
        early_answers quickstart cancel_and_resume generic_library implement_a_writer framed_writer certify_your_type
        replace_unblock
    }
}

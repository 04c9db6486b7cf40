//! [`certify!`](crate::certify!): one test for each rule.

/// Makes one test for each rule, and one of random sequences, in a module of the given name, so that a failure names
/// the rule.
///
/// The expression is a [`Certify`](crate::Certify); it is evaluated once in each test. The names of the
/// tests are not covered by semver.
///
/// ```
/// # #![allow(unused_imports)]
/// # mod tests {
/// use async_write_complete::Inline;
/// use async_write_complete_conformance::{Certify, certify};
///
/// certify! { inline: Certify::over(Inline::new).closes() }
/// # }
/// ```
#[macro_export]
macro_rules! certify {
    // The one list of rules that a macro can go through.
    (@each $arm:ident $arguments:tt) => {
        $crate::certify! {
            @$arm $arguments
            W1 w1_completion
            W2 w2_count
            W3 w3_submission
            W4 w4_ticket
            W5 w5_outstanding
            W6 w6_error
            W7 w7_order
            W8 w8_abandonment
            W9 w9_close
            P1 p1_wake
            P2 p2_panic
            P3 p3_kinds
            P4 p4_turn
            O1 o1_one_call
            O2 o2_cursor
            O3 o3_drop
            O4 o4_pool
            D1 d1_durability
        }
    };
    (@tests { $certify:expr } $($rule:ident $name:ident)*) => {
        /// What hung in one test is waited for less in the others.
        static WAITS: ::std::sync::LazyLock<::std::sync::Arc<::std::sync::atomic::AtomicU32>> =
            ::std::sync::LazyLock::new(::std::default::Default::default);

        $(
            #[test]
            fn $name() {
                ($certify).sharing(WAITS.clone()).assert($crate::async_write_complete::contract::Rule::$rule);
            }
        )*

        #[test]
        fn random_sequences() {
            ($certify).sharing(WAITS.clone()).assert_random(256);
        }
    };
    // The kit's own: the modules of the checks, and which of them is a rule's.
    (@checks {} $($rule:ident $name:ident)*) => {
        $(mod $name;)*

        /// The check of `rule`.
        pub(super) fn of(rule: Rule) -> fn(&mut Judge<'_>) -> Judged {
            match rule {
                $(Rule::$rule => $name::$name,)*
                _ => no_check,
            }
        }
    };
    (@rules {} $($rule:ident $name:ident)*) => {
        [$(($crate::async_write_complete::contract::Rule::$rule, stringify!($name))),*]
    };
    ($(#[$attribute:meta])* $name:ident: $certify:expr) => {
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "what the expression names")]
            use super::*;

            $crate::certify! { @each tests { $certify } }
        }
    };
}

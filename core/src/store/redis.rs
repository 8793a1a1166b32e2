//! Redis: the operations as one script, the server's clock, one key a call.
//!
//! The script is the limiter's second implementation. A compare-and-swap around [`apply`](super::apply) would serve
//! any store, but collapses on a hot key; one script does not. A differential test holds the two together.

use super::StoreOp;
use crate::mac::{hex, sha1};
use alloc::string::String;

/// The script, for `SCRIPT LOAD` and `EVAL`. Redis 6.2 or newer.
pub const SCRIPT: &str = concat!(include_str!("partition.lua"), "\n", include_str!("operations.lua"));

/// One call to Redis: `EVALSHA <sha> 1 <key> <op>`, answered with the reply as text.
///
/// On `NOSCRIPT` the host sends `EVAL <script> 1 <key> <op>` instead, once: that runs the operation and loads the
/// script. A host does not retry for any other error: it reports the operation as failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisCall {
    /// The words of the command, in order.
    pub words: [String; 5],
}

/// Returns the script's SHA-1 in lower-case hex, as `EVALSHA` wants it.
#[must_use]
pub fn sha() -> String {
    hex(&sha1(&[SCRIPT.as_bytes()]))
}

/// Turns an operation into one `EVALSHA`.
#[must_use]
pub fn lower(op: &StoreOp) -> RedisCall {
    let StoreOp { key, op } = op;
    RedisCall { words: ["EVALSHA".into(), sha(), "1".into(), key.clone(), op.clone()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_one_evalsha_on_one_key() {
        let op = StoreOp { key: "sansms:1:n:ip:x".into(), op: "release 0000000000000001 2 1".into() };
        let words = lower(&op).words;
        assert_eq!(words[0], "EVALSHA");
        assert_eq!(words[1].len(), 40);
        assert_eq!(words[2..], ["1", "sansms:1:n:ip:x", "release 0000000000000001 2 1"]);
    }

    /// One write, last: a script that is cut off has changed nothing.
    #[test]
    fn the_script_writes_once_and_reads_one_key() {
        let calls: Vec<_> =
            SCRIPT.match_indices("redis.call('").map(|(at, _)| &SCRIPT[at + 12..at + 15]).collect();
        assert_eq!(calls, ["TIM", "GET", "PTT", "SET"]);
        assert!(SCRIPT.is_ascii() || SCRIPT.contains('…'));
    }
}

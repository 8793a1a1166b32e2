//! A second account of challenges, from what is said about them and from the design's words alone.

use crate::schedule::{LEAST_MS, LIFETIME_MS};
use std::collections::BTreeSet;

/// What is known about one challenge of a number.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(crate) tag: String,
    pub(crate) nonce: String,
    proof: String,
    kid: String,
    created: u64,
    pub(crate) ends: u64,
    left: u64,
    round: u64,
    /// The attempt that was answered last, and how.
    last: Option<(String, bool)>,
    used: bool,
    /// Whether its code is the caller's, which can't be made again.
    own: bool,
    /// Whose guesses were compared and wrong, or counted and not spent.
    wrong: BTreeSet<usize>,
}

/// The challenges of a number, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Challenges(pub(crate) Vec<Challenge>);

/// What is asked about a challenge, in the words of the operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) tag: &'a str,
    nonce: &'a str,
    proof: &'a str,
    kids: &'a str,
}

/// The knobs that challenges go by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Knobs {
    pub(crate) validity_ms: u64,
    pub(crate) tries: u64,
    pub(crate) most: usize,
}

impl<'a> Wanted<'a> {
    /// Reads `tag:nonce:proof:…:kids`.
    pub(crate) fn read(word: &'a str) -> Self {
        let parts: Vec<&str> = word.split(':').collect();
        Self { tag: parts[0], nonce: parts[1], proof: parts[2], kids: parts[8] }
    }
}

impl Challenges {
    /// Finds what a fresh reservation at `t` must do about its challenge; an error is how long all places are taken.
    ///
    /// `own` says that the caller brought the code.
    pub(crate) fn put(&mut self, wanted: Wanted<'_>, own: bool, knobs: Knobs, t: u64) -> Result<String, u64> {
        self.0.retain(|challenge| t < challenge.ends);
        let validity = knobs.validity_ms.min(LIFETIME_MS);
        if let Some(live) = self.0.iter_mut().find(|challenge| challenge.tag == wanted.tag) {
            let ends = (t + validity).min(live.created + LIFETIME_MS);
            let known = wanted.kids.split(',').any(|kid| kid == live.kid);
            let enough = !own && !live.own && ends.saturating_sub(t) >= LEAST_MS.min(knobs.validity_ms);
            if !live.used && live.left > 0 && known && enough {
                live.ends = live.ends.max(ends);
                live.round = (live.round + 1).min(15);
                return Ok(live.said(t));
            }
        }
        let others: Vec<_> = self.0.iter().filter(|challenge| challenge.tag != wanted.tag).collect();
        if others.len() >= knobs.most {
            let spent = others.iter().find(|challenge| challenge.used).map(|challenge| challenge.tag.clone());
            let first = others.iter().map(|challenge| challenge.ends - t).min();
            let spent = spent.ok_or(first.unwrap_or(1))?;
            self.0.retain(|challenge| challenge.tag != spent);
        }
        self.0.retain(|challenge| challenge.tag != wanted.tag);
        let new = Challenge {
            tag: wanted.tag.to_owned(),
            nonce: wanted.nonce.to_owned(),
            proof: wanted.proof.to_owned(),
            kid: wanted.kids.split(',').next().unwrap().to_owned(),
            created: t,
            ends: t + validity,
            left: knobs.tries,
            round: 0,
            last: None,
            used: false,
            own,
            wrong: BTreeSet::new(),
        };
        self.0.push(new);
        Ok(self.0.last().unwrap().said(t))
    }

    /// Returns what a repeated reservation hears of the challenge; nothing of one whose code it can't make.
    pub(crate) fn again(&self, wanted: Wanted<'_>, own: bool, t: u64) -> Option<String> {
        let usable = |it: &&Challenge| it.tag == wanted.tag && (it.nonce == wanted.nonce || !(own || it.own));
        self.0.iter().find(usable).map(|challenge| challenge.said(t))
    }

    /// Forgets an unsent challenge, `tag:nonce`.
    pub(crate) fn forget(&mut self, word: &str) {
        self.0.retain(|it| {
            let unsent = it.round == 0 && it.last.is_none();
            format!("{}:{}", it.tag, it.nonce) != word || !unsent
        });
    }

    /// Finds what a check by `flow` at `t` must hear, and whether that changes anything.
    ///
    /// # Errors
    /// When more guesses are compared than there are tries.
    pub(crate) fn check(
        &mut self,
        op: &str,
        flow: usize,
        knobs: Knobs,
        t: u64,
    ) -> Result<(String, bool), String> {
        let mut words = op.split(' ').skip(1);
        let (attempt, tag) = (words.next().unwrap(), words.next().unwrap());
        let mut proofs = words.skip(1).map(|word| word.split_once(':').unwrap());
        let gone = Ok(("gone".to_owned(), false));
        let Some(live) = self.0.iter_mut().find(|it| it.tag == tag && t < it.ends) else { return gone };
        let Some((_, proof)) = proofs.find(|(kid, _)| *kid == live.kid) else { return gone };
        let right = proof == live.proof;
        let remaining = live.ends - t;
        let again = live.last.as_ref().is_some_and(|(last, _)| last == attempt);
        if live.used {
            return if again && right { Ok(("matched".to_owned(), false)) } else { gone };
        }
        if again {
            return Ok((format!("wrong {} {remaining}", live.left), false));
        }
        if live.left == 0 {
            return Ok((format!("locked {remaining}"), false));
        }
        live.left -= 1;
        live.last = Some((attempt.to_owned(), right));
        live.used = right;
        if right {
            return Ok(("matched".to_owned(), true));
        }
        live.guessed(flow, knobs)?;
        Ok((format!("wrong {} {remaining}", live.left), true))
    }

    /// Finds what a count by `flow` at `t` must hear, and whether that changes anything.
    ///
    /// # Errors
    /// When more guesses are counted than there are tries.
    pub(crate) fn count(
        &mut self,
        op: &str,
        flow: usize,
        knobs: Knobs,
        t: u64,
    ) -> Result<(String, bool), String> {
        let words: Vec<_> = op.split(' ').collect();
        let (attempt, tag) = (words[1], words[2]);
        let live = self.0.iter_mut().find(|it| it.tag == tag && t < it.ends && !it.used);
        let Some(live) = live else { return Ok(("gone".to_owned(), false)) };
        let again = live.last.as_ref().is_some_and(|(last, _)| last == attempt);
        if live.left == 0 && !again {
            return Ok((format!("locked {}", live.ends - t), false));
        }
        if !again {
            live.left -= 1;
            live.last = Some((attempt.to_owned(), false));
            live.guessed(flow, knobs)?;
        }
        Ok((format!("counted {} slot={}", live.left, live.said(t)), !again))
    }

    /// Finds what a consume by `flow` must hear, and whether that changes anything.
    ///
    /// # Errors
    /// When a flow spends a challenge that it has not counted its try on.
    pub(crate) fn consume(&mut self, op: &str, flow: usize) -> Result<(String, bool), String> {
        let words: Vec<_> = op.split(' ').collect();
        let (attempt, which) = (words[1], words[2]);
        let named = self.0.iter_mut().find(|it| format!("{}:{}", it.tag, it.nonce) == which);
        let Some(it) = named.filter(|it| it.last.is_some()) else { return Ok(("gone".to_owned(), false)) };
        if it.used {
            let again = it.last.as_ref().is_some_and(|(last, _)| last == attempt);
            return Ok((if again { "matched" } else { "gone" }.to_owned(), false));
        }
        if !it.wrong.remove(&flow) {
            return Err("a challenge is spent by a flow that has not counted its try".into());
        }
        (it.used, it.last) = (true, Some((attempt.to_owned(), true)));
        Ok(("matched".to_owned(), true))
    }
}

impl Challenge {
    fn guessed(&mut self, flow: usize, knobs: Knobs) -> Result<(), String> {
        self.wrong.insert(flow);
        if self.wrong.len() as u64 > knobs.tries {
            return Err(format!("{} guesses were compared for {} tries", self.wrong.len(), knobs.tries));
        }
        Ok(())
    }

    /// `round:kid:nonce:remaining`, as grants say it.
    fn said(&self, t: u64) -> String {
        format!("{}:{}:{}:{}", self.round, self.kid, self.nonce, self.ends.saturating_sub(t))
    }
}

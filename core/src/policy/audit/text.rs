//! An audit for people to read, and as JSON.

use super::{Assumptions, Audit, Chance, Figures, Warning};
use crate::sign::encode::Ink;
use alloc::borrow::ToOwned as _;
use alloc::string::{String, ToString as _};
use core::fmt;

impl Audit {
    /// Returns the audit as one JSON object, by the names of its fields.
    ///
    /// A warning is `{code, text, requirement}`, a chance `{guesses, codes}`; what nothing limits is null.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Assumptions { addresses, users, price } = self.assumptions;
        let Figures {
            codes,
            centibits,
            sends_to_number,
            guesses_at_number,
            number_falls,
            guesses_at_any,
            any_falls,
            messages,
            cost,
            messages_to_prefix,
            messages_to_country,
            addresses_to_spend_budget,
            served_in_ten_minutes,
            shut_out_in_ten_minutes,
            served_in_day,
            shut_out_in_day,
        } = self.figures;
        let mut json = Ink::with_capacity(2048);
        json.text("{\"assumptions\":{");
        let (addresses, users) = (Some(addresses.into()), Some(users.into()));
        json.members(&["addresses", "price", "users"], &[addresses, price.map(u64::from), users]);
        json.text("},\"figures\":{");
        json.members(
            &[
                "addresses_to_spend_budget",
                "centibits",
                "codes",
                "cost",
                "guesses_at_any",
                "guesses_at_number",
                "messages",
                "messages_to_country",
                "messages_to_prefix",
                "sends_to_number",
                "served_in_day",
                "served_in_ten_minutes",
                "shut_out_in_day",
                "shut_out_in_ten_minutes",
            ],
            &[
                addresses_to_spend_budget,
                Some(centibits.into()),
                Some(codes),
                cost,
                guesses_at_any,
                guesses_at_number,
                messages,
                messages_to_country,
                messages_to_prefix,
                sends_to_number,
                served_in_day,
                served_in_ten_minutes,
                Some(shut_out_in_day),
                Some(shut_out_in_ten_minutes),
            ],
        );
        for (name, Chance { guesses, codes }) in [("any_falls", any_falls), ("number_falls", number_falls)] {
            json.text(",\"");
            json.text(name);
            json.text("\":{");
            json.members(&["codes", "guesses"], &[Some(codes), Some(guesses)]);
            json.text("}");
        }
        json.text("},\"warnings\":[");
        for (at, Warning { weakness, text }) in self.warnings.iter().enumerate() {
            let members =
                [("code", weakness.as_str()), ("requirement", weakness.requirement()), ("text", text)];
            json.text(if at > 0 { "," } else { "" });
            for (name, value) in members {
                json.text(if name == "code" { "{\"" } else { ",\"" });
                json.text(name);
                json.text("\":");
                json.json(value);
            }
            json.text("}");
        }
        json.text("]}");
        json.done()
    }
}

impl Ink {
    /// Appends members of an object that are numbers or null.
    fn members(&mut self, names: &[&str], numbers: &[Option<u64>]) {
        for (at, (name, number)) in names.iter().zip(numbers).enumerate() {
            self.text(if at > 0 { ",\"" } else { "\"" });
            self.text(name);
            self.text("\":");
            match number {
                Some(number) => self.number(*number),
                None => self.text("null"),
            }
        }
    }
}

/// Writes figures and warnings, a line each.
impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { assumptions: Assumptions { addresses, users, .. }, figures, .. } = self;
        let (addresses, users) = (grouped((*addresses).into()), grouped((*users).into()));
        writeln!(f, "At most, in any 24 hours, with {addresses} addresses at the attacker's hand:")?;
        let at_number = format!(
            "{} guesses in {} codes; a chance of {}",
            shown(figures.guesses_at_number),
            shown(figures.sends_to_number),
            figures.number_falls
        );
        let at_any = format!("{} guesses; a chance of {}", shown(figures.guesses_at_any), figures.any_falls);
        let cost = figures.cost.map_or_else(String::new, |cost| format!(", which cost {}", grouped(cost)));
        let bill = format!("{} messages{cost}", shown(figures.messages));
        let spent = match figures.addresses_to_spend_budget {
            Some(1) => "1 address can spend the budget".into(),
            Some(many) => format!("{} addresses can spend the budget together", grouped(many)),
            None => "one address can send without limit".into(),
        };
        let lines = [
            ("one number", at_number),
            ("any number", at_any),
            ("the bill", bill),
            ("one prefix", format!("{} messages", shown(figures.messages_to_prefix))),
            ("one calling code", format!("{} messages", shown(figures.messages_to_country))),
            ("everybody shut out", spent),
        ];
        for (name, text) in lines {
            writeln!(f, "  {name:<20} {text}")?;
        }
        writeln!(f, "Of {users} honest users behind one address, each with one send and one check:")?;
        let served = [
            ("in ten minutes", figures.served_in_ten_minutes, figures.shut_out_in_ten_minutes),
            ("in a day", figures.served_in_day, figures.shut_out_in_day),
        ];
        for (name, served, out) in served {
            match served {
                Some(served) => {
                    writeln!(f, "  {name:<20} {} served, {} shut out", grouped(served), grouped(out))?;
                }
                None => writeln!(f, "  {name:<20} all served")?,
            }
        }
        writeln!(f, "Weaker than the norms:")?;
        for Warning { weakness, text } in &self.warnings {
            writeln!(f, "  {}: {text}\n      {}", weakness.as_str(), weakness.requirement())?;
        }
        Ok(())
    }
}

/// Writes `15 in 1,000,000`.
impl fmt::Display for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Chance {
    pub(super) fn text(self) -> String {
        match self.guesses {
            guesses if guesses >= self.codes => "1, certainty".to_owned(),
            guesses => [&grouped(guesses), " in ", &grouped(self.codes)].concat(),
        }
    }
}

/// Writes a number with commas.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len().saturating_add(8));
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Writes hundredths as a decimal.
pub(super) fn hundredths(number: u32) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}

fn shown(limit: Option<u64>) -> String {
    limit.map_or_else(|| "unlimited".into(), grouped)
}

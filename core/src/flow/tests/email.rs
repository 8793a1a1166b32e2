//! Codes by e-mail: the same flows and limits.

use super::*;

const ADDRESS: &str = "Tom+shop@Example.com";

fn to(address: &str) -> SendRequest {
    SendRequest { to: address.into(), ..request() }
}

fn check(address: &str, code: &str) -> VerifyRequest {
    VerifyRequest { to: address.into(), ..super::check(code) }
}

#[test]
fn a_code_goes_to_an_address_and_is_spent() {
    let mut world = World::with(Policy::default(), &[("one", 0), ("mail", 0)]);
    let sent = world.send_with(to(ADDRESS));
    assert_eq!((sent.code, sent.provider.as_deref()), (Code::Sent, Some("mail")));
    assert_eq!(sent.to.as_deref(), Some("Tom+shop@example.com"));
    assert_eq!(sent.masked.as_deref(), Some("T•••@e•••.com"));
    let code = world.last_code();
    let other = world.verify_with(check("tom+shop@example.com", &code));
    assert_eq!(other.code, Code::CodeExpired, "a proof is bound to the very address");
    let request = VerifyRequest { ticket_for: Some("user 7".into()), ..check(ADDRESS, &code) };
    let done = world.verify_with(request);
    assert_eq!(done.code, Code::Verified);
    let ticket = done.ticket.unwrap();
    let now = UnixMillis(world.now);
    assert!(world.engine.redeem(&ticket, ADDRESS, "login", "user 7", now));
    assert!(!world.engine.redeem(&ticket, "tom@example.com", "login", "user 7", now));
    assert_eq!(world.asked, ["mail.example"]);
}

#[test]
fn spellings_of_one_mailbox_share_its_limits() {
    let mut world = World::with(Policy::default(), &[("mail", 0)]);
    assert_eq!(world.send_with(to("tom@example.com")).code, Code::Sent);
    for same in ["Tom@example.com", "tom+a@example.com", "tom+b@EXAMPLE.com"] {
        assert_eq!(world.send_with(to(same)).code, Code::LimitCooldown, "{same}");
    }
    assert_eq!(world.send_with(to("tim@example.com")).code, Code::Sent);
}

#[test]
fn what_is_wrong_is_said_of_what_the_providers_reach() {
    for (providers, typed, code) in [
        (&[("one", 0)][..], ADDRESS, "input.number.character"),
        (&[("mail", 0)][..], "13800138000", "input.email.at_missing"),
        (&[("one", 0), ("mail", 0)][..], "tom@", "input.email.domain_empty"),
        (&[("one", 0), ("mail", 0)][..], "1380013", "input.number.too_short"),
    ] {
        let mut world = World::with(Policy::default(), providers);
        let outcome = world.send_with(to(typed));
        assert_eq!((outcome.code.as_str(), outcome.kind), (code, Kind::Invalid));
        assert!(!outcome.text_zh().is_empty() && world.store.is_empty());
    }
}

//! Every state meets every reply, a store that fails, and nothing secret is shown.

use super::*;

/// Every state of each flow, reached with a script, meets every kind of reply.
#[test]
fn every_state_meets_every_reply() {
    let store = |count| {
        let lines = [
            "granted 0",
            "granted 0 slot=0:00000000:00000000000000000000000000000000:1",
            "denied 0 1",
            "denied 9 1",
            "replayed 1 1",
            "full 1",
            "released",
            "matched",
            "counted 1 slot=0:00000000:00000000000000000000000000000000:1",
            "wrong 1 1",
            "locked 1",
            "gone",
            "refused clock",
            "refused version",
            "refused corrupt",
            "refused operation",
            "nonsense",
        ];
        let same = move |line: &str| Reply::Store(vec![Some(line.to_owned()); count]);
        let mut all: Vec<_> = lines.iter().map(|line| same(line)).collect();
        all.push(Reply::Store(vec![None; count]));
        all.push(Reply::StoreFault);
        all
    };
    let http = || {
        let mut all: Vec<_> = [200, 400, 401, 429, 500, 503].map(answer).into();
        all.extend([Reply::HttpFault { sent: true }, Reply::HttpFault { sent: false }]);
        all
    };
    let mut met = 0;
    let lists: [&[_]; 3] = [&[("one", 0), ("two", 0)], &[("vault", 0), ("two", 0)], &[("managed", 0)]];
    for (is_send, providers) in [true, false].into_iter().flat_map(|is_send| lists.map(|it| (is_send, it))) {
        // How far to go by the book before the reply under test.
        for depth in 0..5 {
            for at in 0..64 {
                let mut world = World::with(Policy::default(), providers);
                if !is_send {
                    world.send();
                }
                let seed = world.seed();
                let mut flow = if is_send {
                    world.engine.send(request(), seed)
                } else {
                    world.engine.verify(check("123456"), seed)
                };
                assert_eq!(flow.resume(0, Reply::StoreFault, UnixMillis(T0)), Err(DriveError::NotStarted));
                let mut step = flow.start(UnixMillis(T0)).unwrap();
                assert_eq!(flow.start(UnixMillis(T0)), Err(DriveError::AlreadyStarted));
                let mut steps = 0;
                let outcome = loop {
                    steps += 1;
                    assert!(steps <= 4 + 2 + 1, "a flow ends within its steps");
                    let (id, by_book, fitting, stray) = match &step {
                        Step::Done(outcome) => break outcome.clone(),
                        Step::Credentials { id, .. } => {
                            let key = Credentials {
                                id: "id".into(),
                                secret: crate::secret::Secret::new("canary".into()),
                                token: None,
                            };
                            let fitting = vec![Reply::Credentials(None)];
                            (*id, Reply::Credentials(Some(key)), fitting, Reply::StoreFault)
                        }
                        Step::Http { id, .. } => (*id, answer(503), http(), Reply::StoreFault),
                        Step::Store { id, ops } => {
                            let run = |op: &StoreOp| Some(world.store.run(&op.key, &op.op, UnixMillis(T0)));
                            (*id, Reply::Store(ops.iter().map(run).collect()), store(ops.len()), answer(200))
                        }
                    };
                    assert_eq!(flow.resume(id + 1, stray.clone(), UnixMillis(T0)), Err(DriveError::WrongId));
                    assert_eq!(flow.resume(id, stray, UnixMillis(T0)), Err(DriveError::WrongKind));
                    if let Step::Store { ops, .. } = &step {
                        let short = Reply::Store(vec![None; ops.len() + 1]);
                        assert_eq!(flow.resume(id, short, UnixMillis(T0)), Err(DriveError::WrongKind));
                    }
                    let reply = if steps == depth + 1 {
                        fitting.into_iter().nth(at).unwrap_or(by_book)
                    } else {
                        by_book
                    };
                    met += 1;
                    step = flow.resume(id, reply, UnixMillis(T0)).unwrap();
                };
                assert_eq!(flow.resume(99, Reply::StoreFault, UnixMillis(T0)), Err(DriveError::Finished));
                // Only a provider's 200 makes `sent`, only a match makes `verified`.
                assert!(!outcome.ok() || outcome.replayed || is_send == (outcome.kind == Kind::Sent));
            }
        }
    }
    assert!(met > 1_000);
}

#[test]
fn a_store_fault_refuses_and_says_so() {
    for (lines, code) in [
        (Reply::StoreFault, Code::StoreDown),
        (Reply::Store(vec![None]), Code::StoreDown),
        (Reply::Store(vec![Some("refused clock".into())]), Code::StoreClock),
        (Reply::Store(vec![Some("refused version".into())]), Code::StoreVersion),
        (Reply::Store(vec![Some("OK".into())]), Code::StoreReply),
    ] {
        let mut world = World::new(Policy::default());
        let seed = world.seed();
        for mut flow in [world.engine.send(request(), seed), world.engine.verify(check("123456"), seed)] {
            let Step::Store { id, .. } = flow.start(UnixMillis(T0)).unwrap() else { panic!() };
            let mut step = flow.resume(id, lines.clone(), UnixMillis(T0)).unwrap();
            if let Step::Store { id, .. } = step {
                step = flow.resume(id, Reply::StoreFault, UnixMillis(T0)).unwrap();
            }
            let Step::Done(outcome) = step else { panic!("{step:?}") };
            assert_eq!((outcome.kind, outcome.code), (Kind::Unavailable, code));
            // A clock is put right by people; all else may be over in a moment.
            let wait = if code == Code::StoreClock { 60_000 } else { 5_000 };
            assert_eq!(outcome.retry_after, Some(Millis(wait)));
        }
    }
}

#[test]
fn nothing_secret_is_shown() {
    let mut world = World::new(Policy::default());
    let seed = world.seed();
    let mut flow = world.engine.send(SendRequest { session: Some("canary".into()), ..request() }, seed);
    let mut shown = format!("{:?} {:?} {flow:?}", world.engine, request());
    assert!(shown.ends_with(r#" SendRequest(purpose "login") Flow(not started, step 0)"#), "{shown}");
    assert_eq!(format!("{:?}", check("123456")), r#"VerifyRequest(purpose "login")"#);
    let mut step = flow.start(UnixMillis(T0)).unwrap();
    loop {
        shown += &format!("{step:?} {flow:?}");
        let (id, reply) = match &step {
            Step::Done(_) => break,
            Step::Credentials { id, .. } => (*id, Reply::Credentials(None)),
            Step::Http { id, .. } => (*id, answer(200)),
            Step::Store { id, ops } => {
                let run = |op: &StoreOp| Some(world.store.run(&op.key, &op.op, UnixMillis(T0)));
                (*id, Reply::Store(ops.iter().map(run).collect()))
            }
        };
        step = flow.resume(id, reply, UnixMillis(T0)).unwrap();
    }
    for state in ["waits for the store, step 1", "waits for HTTP, step", "finished, step"] {
        assert!(shown.contains(&format!("Flow({state}")), "{state} in {shown}");
    }
    let code = world.last_code();
    for canary in [NUMBER, code.as_str(), "canary", "192.0.2.1", "5, 5, 5"] {
        assert!(!shown.contains(canary), "{canary} in {shown}");
    }
}

//! The store's script on a real Redis, against a plain `SET` on the same connection.

use crate::rounds::{Case, medians, per_second};
use crate::world::{ALIYUN, Records, T0, drive, engine, seed, send_request};
use sansms::store::StoreOp;
use sansms::store::redis::{SCRIPT, lower};
use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

/// Prints operations a second, one at a time and in batches; says so where there is no Redis.
pub(crate) fn run() {
    println!("## The script on Redis\n");
    let Ok(address) = std::env::var("SANSMS_REDIS") else {
        println!("Not measured: `SANSMS_REDIS` names no server.\n");
        return;
    };
    let redis = RefCell::new(Redis::connect(&address));
    redis.borrow_mut().send(&["SCRIPT", "LOAD", SCRIPT]);
    assert!(
        redis
            .borrow_mut()
            .hear()
            .contains(&lower(&StoreOp { key: String::new(), op: String::new() }).words[1])
    );

    let engine = engine(ALIYUN, "");
    let mut records = Records::default();
    assert!(drive(engine.send(send_request(0), seed(0)), T0, |op| records.run(op, T0)).ok());
    let op = records.last("number").op.clone();
    let value = "x".repeat(records.of("number").len());
    let script = |key: String| lower(&StoreOp { key, op: op.clone() }).words.to_vec();
    let set = |key: String| vec!["SET".into(), key, value.clone(), "PX".into(), "86400000".into()];

    println!(
        "A number's first reservation with its challenge, against a `SET` of {} bytes, over loopback.\n",
        value.len()
    );
    println!("| sent | operations a second | `SET` a second | ratio of times |\n|---|--:|--:|--:|");
    for (name, batch) in [("one at a time", 1), ("in batches of 100", 100)] {
        let [ours, plain] = medians(
            101,
            200,
            [exchanges(&redis, "script", batch, &script), exchanges(&redis, "set", batch, &set)],
        );
        println!("| {name} | {} | {} | {:.1} |", per_second(ours), per_second(plain), ours / plain);
    }
    println!();
}

/// Sends commands on fresh keys, `batch` before their answers are read; the keys are deleted after.
fn exchanges<'a>(
    redis: &'a RefCell<Redis>,
    name: &'a str,
    batch: usize,
    words: &'a dyn Fn(String) -> Vec<String>,
) -> Case<'a> {
    Box::new(move |calls| {
        let mut redis = redis.borrow_mut();
        let keys: Vec<String> = (0..calls).map(|at| format!("sansms:bench:{name}:{at}")).collect();
        let commands: Vec<Vec<String>> = keys.iter().map(|key| words(key.clone())).collect();
        let start = Instant::now();
        for batch in commands.chunks(batch) {
            let texts: Vec<String> = batch.iter().map(|words| encoded(words)).collect();
            redis.write(&texts.concat());
            for _ in batch {
                let reply = redis.hear();
                assert!(reply.starts_with("granted") || reply == "OK", "{reply}");
            }
        }
        let time = start.elapsed().as_secs_f64();
        let mut delete = vec!["DEL".to_owned()];
        delete.extend(keys);
        redis.write(&encoded(&delete));
        redis.hear();
        time
    })
}

struct Redis(BufReader<TcpStream>);

impl Redis {
    fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&mut self, words: &[&str]) {
        self.write(&encoded(words));
    }

    fn write(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// Reads one answer that is no list.
    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        let (kind, rest) = line.trim_end().split_at(1);
        if kind != "$" {
            return rest.to_owned();
        }
        let mut text = vec![0; rest.parse::<usize>().unwrap() + 2];
        self.0.read_exact(&mut text).unwrap();
        text.truncate(text.len() - 2);
        String::from_utf8(text).unwrap()
    }
}

/// Writes a command as the protocol wants it.
fn encoded<T: AsRef<str>>(words: &[T]) -> String {
    let mut out = format!("*{}\r\n", words.len());
    for word in words.iter().map(AsRef::as_ref) {
        out.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    out
}

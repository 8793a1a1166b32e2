//! A client with as much of the Redis protocol as these tests take.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

/// One connection.
pub(crate) struct Redis {
    reader: BufReader<TcpStream>,
    sha: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Answer {
    Text(Vec<u8>),
    Number(i64),
    List(Vec<Answer>),
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            other => panic!("{other:?}"),
        }
    }
}

impl Redis {
    pub(crate) fn connect() -> Option<Self> {
        let Ok(address) = std::env::var("SANSMS_REDIS") else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "SANSMS_REDIS is not set: no Redis to test with"
            );
            println!("no SANSMS_REDIS: passed over");
            return None;
        };
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Some(Self { reader: BufReader::new(stream), sha: None })
    }

    pub(crate) fn eval(&mut self, script: &str, op: &str, now: u64) -> (String, Vec<u8>, i128) {
        if self.sha.is_none() {
            self.sha = Some(self.call(&[b"SCRIPT", b"LOAD", script.as_bytes()]).text());
        }
        let sha = self.sha.clone().unwrap();
        let answer =
            self.call(&[b"EVALSHA", sha.as_bytes(), b"1", b"k", op.as_bytes(), now.to_string().as_bytes()]);
        let Answer::List(list) = answer else { panic!("{op}: {}", answer.text()) };
        let data = match &list[1] {
            Answer::Text(data) => data.clone(),
            other => panic!("{other:?}"),
        };
        (list[0].text(), data, list[2].text().parse().unwrap())
    }

    pub(crate) fn call(&mut self, words: &[&[u8]]) -> Answer {
        let mut out = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            out.extend_from_slice(word);
            out.extend_from_slice(b"\r\n");
        }
        self.reader.get_mut().write_all(&out).unwrap();
        self.read()
    }

    fn read(&mut self) -> Answer {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        let line = line.trim_end();
        let (kind, rest) = line.split_at(1);
        match kind {
            "+" | "-" => Answer::Text(rest.as_bytes().to_vec()),
            ":" => Answer::Number(rest.parse().unwrap()),
            "$" if rest == "-1" => Answer::Text(Vec::new()),
            "$" => {
                let mut data = vec![0; rest.parse::<usize>().unwrap() + 2];
                self.reader.read_exact(&mut data).unwrap();
                data.truncate(data.len() - 2);
                Answer::Text(data)
            }
            "*" => Answer::List((0..rest.parse::<usize>().unwrap()).map(|_| self.read()).collect()),
            _ => panic!("{line}"),
        }
    }
}

use super::*;
use serde_json::json;

const ACTIONS: &[Action] = &[Action {
    name: "Everything",
    params: &[
        Param::required(Place::Body, "Number", NUMBER),
        Param::optional(Place::Body, "Text", Kind::Text(3)),
        Param::optional(Place::Body, "Bytes", Kind::Bytes(3)),
        Param::optional(Place::Body, "Count", Kind::Number(-1, 9)),
        Param::optional(Place::Body, "On", Kind::Flag),
        Param::optional(Place::Body, "Many", Kind::List(2, &NUMBER)),
        Param::optional(Place::Body, "Of", OF),
        Param::optional(Place::Body, "Free", Kind::Texts),
        Param::optional(Place::Query, "Line", Kind::Number(0, 99)),
        Param::optional(Place::Form, "List", Kind::List(9, &Kind::Texts)),
        Param::optional(Place::Query, "Json", Kind::Json(&Kind::List(2, &NUMBER))),
        Param::optional(Place::Body, "Inner", Kind::Json(&Kind::Texts)),
    ],
}];

const NUMBER: Kind = Kind::Shape(number, "must be a number");
const OF: Kind = Kind::List(
    2,
    &Kind::Object(&[
        Param::required(Place::Body, "b", Kind::Text(9)),
        Param::optional(Place::Body, "a", Kind::Text(9)),
    ]),
);

fn number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Says what is wrong with one more parameter.
fn wrong(name: &str, value: serde_json::Value) -> String {
    let mut params = json!({"Number": "138", "Many": ["1"]});
    params[name] = value;
    ACTIONS[0].take(&params.into(), &[]).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn errors_name_the_parameter_and_what_would_be_right() {
    let said = [
        ("Number", json!(138), "params.Number: must be text"),
        ("Number", json!("+1"), "params.Number: must be a number"),
        ("Number", json!(""), "params.Number: must not be empty"),
        ("Number", json!(null), "params.Number: is required"),
        ("Text", json!("你好吗啊"), "params.Text: must be at most 3 characters"),
        ("Bytes", json!("你好"), "params.Bytes: must be at most 3 bytes"),
        ("Count", json!(10), "params.Count: must be from -1 to 9"),
        ("Count", json!(1.5), "params.Count: must be a whole number"),
        ("Count", json!("1"), "params.Count: must be a whole number"),
        ("On", json!(1), "params.On: must be true or false"),
        ("Many", json!("138"), "params.Many: must be a list"),
        ("Many", json!(["1", "2", "3"]), "params.Many: must have 1 to 2 entries"),
        ("Many", json!(["1", "x"]), "params.Many[1]: must be a number"),
        ("Of", json!([{"b": "1"}, {"a": "1"}]), "params.Of[1].b: is required"),
        ("Of", json!([{"b": "1", "c": "1"}]), "params.Of[0].c: is not a parameter; there are b, a"),
        ("Free", json!({"code": 1}), "params.Free: must have texts only"),
        ("Line", json!(100), "params.Line: must be from 0 to 99"),
        ("Json", json!("[1"), "params.Json: must be JSON"),
        ("Json", json!("[\"1\", \"x\"]"), "params.Json[1]: must be a number"),
        ("Json", json!(["1", "x"]), "params.Json[1]: must be a number"),
        ("Json", json!("{}"), "params.Json: must be a list"),
    ];
    for (name, value, expected) in said {
        assert_eq!(wrong(name, value), expected);
    }
    let stray = wrong("PhoneNumber", json!("13800138000"));
    assert!(stray.starts_with("params.PhoneNumber: is not a parameter; there are Number, Text"), "{stray}");
    assert!(!wrong("13800138000", json!("")).contains("138"), "a value in the wrong place is not repeated");
    let none = ACTIONS[0].take(&json!(["138"]).into(), &[]).map(|_| ()).unwrap_err();
    assert_eq!(none.to_string(), "params: must be an object");
}

#[test]
fn what_was_checked_is_written_in_the_order_of_the_table() {
    let params = json!({
        "Free": {"z": "1", "a": "\"2"}, "Of": [{"a": "2", "b": "1"}], "Many": ["1", "2"], "On": false, "Count": -1,
        "Text": "你好", "Number": "1", "Line": 7, "List": [{"code": "1"}, {"code": "2"}], "Bytes": null,
    });
    let params = Value::from(params);
    let taken = ACTIONS[0].take(&params, &[("Bytes", "abc"), ("Text", "no")]).unwrap();
    let body = r#"{"Number":"1","Text":"你好","Bytes":"abc","Count":-1,"On":false,"Many":["1","2"],"Of":[{"b":"1","a":"2"}],"Free":{"#;
    let json = taken.json();
    assert!(json.starts_with(body), "{json}");
    assert_eq!(taken.pairs(Place::Query), [("Line", "7".to_owned())]);
    assert_eq!(taken.pairs(Place::Form), [("List", r#"[{"code":"1"},{"code":"2"}]"#.to_owned())]);
    let own = [("Number", "138"), ("Count", "4")];
    let empty = json!({"Many": ["1"]}).into();
    assert_eq!(ACTIONS[0].take(&empty, &own).unwrap().json(), r#"{"Number":"138","Count":4,"Many":["1"]}"#);
}

#[test]
fn an_answer_is_the_vendors_and_unwrapped_where_it_stands_alone() {
    let of = |body: &str| {
        let reply = HttpReply { status: 200, headers: Vec::new(), body: body.into() };
        Answer::within(&reply, "Response", None).json
    };
    assert_eq!(of(" { \"Response\" : {\"a\": 1.50} } "), "{\"a\": 1.50}");
    assert_eq!(of(r#"{"Response":{},"b":{}}"#), r#"{"Response":{},"b":{}}"#);
    assert_eq!(of(r#"{"a":1}"#), r#"{"a":1}"#);
    let answer = Answer { json: "13800138000".into(), request_id: None };
    assert_eq!(format!("{answer:?}"), "Answer(11 bytes)");
}

#[test]
fn json_goes_out_as_it_came_or_compact() {
    let out = |params: serde_json::Value| {
        let params = Value::from(params);
        let taken = ACTIONS[0].take(&params, &[]).unwrap();
        (taken.pairs(Place::Query), taken.json())
    };
    let (pairs, body) =
        out(json!({"Number": "1", "Many": ["1"], "Json": "[\"1\",  \"2\"]", "Inner": "{ \"a\":\"b\"}"}));
    assert_eq!(pairs, [("Json", "[\"1\",  \"2\"]".to_owned())]);
    assert_eq!(body, r#"{"Number":"1","Many":["1"],"Inner":"{ \"a\":\"b\"}"}"#);
    let (pairs, body) = out(json!({"Number": "1", "Many": ["1"], "Json": ["1", "2"], "Inner": {"a": "b"}}));
    assert_eq!(pairs, [("Json", "[\"1\",\"2\"]".to_owned())]);
    assert_eq!(body, r#"{"Number":"1","Many":["1"],"Inner":"{\"a\":\"b\"}"}"#);
}

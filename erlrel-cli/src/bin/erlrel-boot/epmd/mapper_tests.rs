use super::*;
use crate::epmd::protocol::tests::registration;

const PORT: u16 = 4369;

fn local(line: Line) -> Caller {
    Caller { line, is_local: true, now: 100 }
}

fn far(line: Line) -> Caller {
    Caller { is_local: false, ..local(line) }
}

fn strict() -> Mapper {
    Mapper::new(PORT, false)
}

fn relaxed() -> Mapper {
    Mapper::new(PORT, true)
}

fn register(mapper: &mut Mapper, name: &str, line: Line) -> Answer {
    mapper.answer(Request::Register(registration(name.as_bytes(), b"")), local(line))
}

fn names(mapper: &mut Mapper) -> String {
    let answer = mapper.answer(Request::Names, far(99));
    assert_eq!(answer.then, Then::Close);
    assert_eq!(answer.bytes[..4], u32::from(PORT).to_be_bytes());
    String::from_utf8(answer.bytes[4..].to_vec()).unwrap()
}

#[test]
fn a_node_lives_as_long_as_its_connection() {
    let mut mapper = strict();
    assert_eq!(register(&mut mapper, "a", 7).then, Then::Keep);
    assert_eq!(names(&mut mapper), "name a at port 4660\n");
    assert_eq!(register(&mut mapper, "b", 8).then, Then::Keep);
    assert_eq!(names(&mut mapper), "name b at port 4660\nname a at port 4660\n");
    let port = mapper.answer(Request::Port(b"a".into()), far(9));
    assert_eq!(port, Answer::last(protocol::port(Some(&registration(b"a", b"")))));
    mapper.release(7);
    assert_eq!(names(&mut mapper), "name b at port 4660\n");
    assert_eq!(mapper.answer(Request::Port(b"a".into()), far(9)), Answer::last([b'w', 1]));
}

#[test]
fn a_name_in_use_and_one_that_is_none_are_refused() {
    let mut mapper = strict();
    register(&mut mapper, "a", 7);
    let refused = Answer::last([b'v', 1, 0, 0, 0, 99]);
    assert_eq!(register(&mut mapper, "a", 8), refused);
    mapper.release(8);
    assert_eq!(register(&mut mapper, &"a".repeat(256), 8), refused);
    assert_eq!(names(&mut mapper), "name a at port 4660\n");
}

#[test]
fn only_this_machine_may_have_nodes_and_order() {
    let mut mapper = relaxed();
    register(&mut mapper, "a", 7);
    let orders = [
        Request::Register(registration(b"b", b"")),
        Request::Dump,
        Request::Kill,
        Request::Stop(b"a".into()),
    ];
    for order in orders {
        assert_eq!(mapper.answer(order, far(8)), Answer::last([]));
    }
    assert_eq!(names(&mut mapper), "name a at port 4660\n");
}

#[test]
fn it_ends_when_no_node_lives_or_it_is_relaxed() {
    let end = Answer { bytes: b"OK".into(), then: Then::End };
    let mut mapper = strict();
    register(&mut mapper, "a", 7);
    assert_eq!(mapper.answer(Request::Kill, local(8)), Answer::last(b"NO"));
    mapper.release(7);
    assert_eq!(mapper.answer(Request::Kill, local(8)), end);
    let mut mapper = relaxed();
    register(&mut mapper, "a", 7);
    assert_eq!(mapper.answer(Request::Kill, local(8)), end);
}

#[test]
fn a_node_is_stopped_only_by_a_relaxed_one() {
    let stop = || Request::Stop(b"a".into());
    let mut mapper = strict();
    register(&mut mapper, "a", 7);
    assert_eq!(mapper.answer(stop(), local(8)), Answer::last([]));
    let mut mapper = relaxed();
    register(&mut mapper, "a", 7);
    let stopped = Answer { bytes: b"STOPPED".into(), then: Then::CloseBoth(7) };
    assert_eq!(mapper.answer(stop(), local(8)), stopped);
    assert_eq!(names(&mut mapper), "");
    assert_eq!(mapper.answer(stop(), local(8)), Answer::last(b"NOEXIST"));
}

#[test]
fn those_that_have_lived_are_told_of_too() {
    let mut mapper = strict();
    register(&mut mapper, "a", 7);
    register(&mut mapper, "b", 8);
    mapper.release(7);
    let answer = mapper.answer(Request::Dump, local(9));
    let text = "active name     <b> at port 4660, fd = 8\n\0old/unused name <a>, port = 4660, fd = 7 \n\0";
    assert_eq!(String::from_utf8_lossy(&answer.bytes[4..]), text);
}

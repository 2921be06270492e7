//! What ends a node: it does not matter which of both has started it, or asks.

use super::installed::Starter;
use super::live::Twins;

const BOTH: [Starter; 2] = [Starter::Relx, Starter::Boot];

#[test]
fn stop_ends_the_node_and_comes_back_when_it_is_gone() {
    for starter in BOTH {
        let mut node = Twins::live(starter, "");
        for asking in [Starter::Boot, Starter::Relx] {
            let code = if asking == Starter::Boot { 0 } else { 1 };
            let said = node.answer(asking, (&[], &["stop"]));
            assert_eq!(said, (String::new(), Some(code)), "the first one ends it: {starter:?} {asking:?}");
        }
        assert_eq!(node.ended(), Some(0), "{starter:?}");
    }
    let mut node = Twins::live(Starter::Boot, "");
    assert_eq!(node.answer(Starter::Relx, (&[], &["stop"])), (String::new(), Some(0)));
    assert_eq!(node.ended(), Some(0));
}

#[test]
fn restart_keeps_the_process_and_reboot_ends_it() {
    for starter in BOTH {
        let mut node = Twins::live(starter, "");
        let pid = node.answer(starter, (&[], &["pid"]));
        assert_eq!(node.answer(starter, (&[], &["eval", "persistent_term:put(mark, set)."])).0, "ok\n");
        assert_eq!(node.answer(starter, (&[], &["restart"])), (String::new(), Some(0)), "{starter:?}");
        while node.answer(starter, (&[], &["eval", "persistent_term:get(mark, lost)."])).0 != "lost\n" {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert_eq!(node.answer(starter, (&[], &["pid"])), pid);
        assert_eq!(node.answer(starter, (&[], &["reboot"])), (String::new(), Some(0)), "{starter:?}");
        assert_eq!(node.ended(), Some(0), "there is no heart that starts it again: {starter:?}");
    }
}

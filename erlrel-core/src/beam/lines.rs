//! The chunk `Line`: which lines of which files the instructions come from, for stack traces.
//!
//! `version:32 flags:32 instructions:32 lines:32 names:32`, then the lines as compact terms – a file's number, tagged as an
//! atom, where it is another one than before, and the line, tagged as an integer –, then each name as `size:16 text`. File 0
//! is the module's name with `.erl` and has no name in the chunk. (OTP, `beam_asm` and `beam_file.c`.)

use std::collections::BTreeMap;

use super::compact::Compact;

/// The tags of a line and of the number of a file.
const LINE: u8 = 1;
const FILE: u8 = 2;

/// The only version there is.
const VERSION: u32 = 0;

/// What the chunk says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lines<'a> {
    /// Flags and the number of instructions, which stay as they are.
    head: [u32; 2],
    /// The file's number and the line of each.
    lines: Vec<(u64, u64)>,
    /// The names of the files from 1 on.
    names: Vec<&'a str>,
}

/// The chunk with other names of files, each made by `rename` of the one that is there; `own` is the name of file 0. Only those
/// that a line refers to stay, each once, in the order in which they are first referred to. `None` for a chunk of a version
/// that is not known.
pub(super) fn renamed(data: &[u8], own: &str, rename: impl Fn(&str) -> String) -> Option<Vec<u8>> {
    let Lines { head, lines, names } = read(data)?;
    let given = |number: u64| match number {
        0 => Some(own),
        number => names.get(usize::try_from(number).ok()? - 1).copied(),
    };
    let mut found: BTreeMap<u64, u64> = BTreeMap::new();
    let mut kept: BTreeMap<String, u64> = BTreeMap::from([(own.into(), 0)]);
    let mut renumbered = Vec::with_capacity(lines.len());
    for (file, line) in lines {
        let number = match found.get(&file) {
            Some(number) => *number,
            None => {
                let next = kept.len() as u64;
                let number = *kept.entry(rename(given(file)?)).or_insert(next);
                found.insert(file, number);
                number
            }
        };
        renumbered.push((number, line));
    }
    let names: BTreeMap<u64, &str> = kept.iter().map(|(name, number)| (*number, name.as_str())).collect();
    write(&Lines { head, lines: renumbered, names: names.into_values().skip(1).collect() })
}

fn read(data: &[u8]) -> Option<Lines<'_>> {
    let (head, mut rest) = data.split_first_chunk::<20>()?;
    let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    if word(0) != VERSION {
        return None;
    }
    let (mut lines, mut file) = (Vec::new(), 0);
    while lines.len() < word(12) as usize {
        let (number, behind) = Compact::read(rest)?;
        rest = behind;
        match number.tag {
            FILE => file = number.value,
            LINE => lines.push((file, number.value)),
            _ => return None,
        }
    }
    let mut names = Vec::new();
    for _ in 0..word(16) {
        let (size, behind) = rest.split_first_chunk::<2>()?;
        let (name, behind) = behind.split_at_checked(u16::from_be_bytes(*size).into())?;
        names.push(std::str::from_utf8(name).ok()?);
        rest = behind;
    }
    rest.is_empty().then_some(Lines { head: [word(4), word(8)], lines, names })
}

/// `None` if a name is too long.
fn write(lines: &Lines<'_>) -> Option<Vec<u8>> {
    let Lines { head: [flags, instructions], lines, names } = lines;
    let counts = [u32::try_from(lines.len()).ok()?, u32::try_from(names.len()).ok()?];
    let head = [VERSION, *flags, *instructions, counts[0], counts[1]];
    let mut out: Vec<u8> = head.iter().flat_map(|word| word.to_be_bytes()).collect();
    let mut before = 0;
    for (file, line) in lines {
        if *file != before {
            Compact { tag: FILE, value: *file }.write(&mut out);
            before = *file;
        }
        Compact { tag: LINE, value: *line }.write(&mut out);
    }
    for name in names {
        out.extend(u16::try_from(name.len()).ok()?.to_be_bytes());
        out.extend(name.as_bytes());
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunk(lines: &[(u64, u64)], names: &[&str]) -> Vec<u8> {
        write(&Lines { head: [0, 7], lines: lines.to_vec(), names: names.to_vec() }).expect("short names")
    }

    fn base(name: &str) -> String {
        name.rsplit('/').next().unwrap_or(name).into()
    }

    /// What OTP 25 makes of a module with two functions at `/tmp/bx/foo.erl`.
    const COMPILED: &[u8] =
        b"\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x02\0\0\0\x01\x12\x41\x51\0\x0f/tmp/bx/foo.erl";

    /// The same with the option `deterministic`.
    const DETERMINISTIC: &[u8] = b"\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x02\0\0\0\0\x41\x51";

    #[test]
    fn a_chunk_is_the_same_whether_it_was_compiled_with_absolute_paths_or_without() {
        let named = |data, name: &str| renamed(data, "foo.erl", |_| name.into()).expect("a chunk");
        assert_eq!(named(COMPILED, "foo.erl"), DETERMINISTIC);
        assert_eq!(named(COMPILED, "src/foo.erl"), named(DETERMINISTIC, "src/foo.erl"));
        assert!(named(COMPILED, "src/foo.erl").ends_with(b"\0\x0bsrc/foo.erl"));
    }

    #[test]
    fn files_are_numbered_as_they_are_first_referred_to_and_each_once() {
        let given =
            chunk(&[(3, 1), (0, 2), (3, 3), (2, 4), (2, 5)], &["/x/unused.hrl", "/y/b.hrl", "/z/b.hrl"]);
        let expected = chunk(&[(1, 1), (0, 2), (1, 3), (1, 4), (1, 5)], &["b.hrl"]);
        assert_eq!(renamed(&given, "foo.erl", base), Some(expected));
    }

    #[test]
    fn a_chunk_that_is_not_understood_is_left_alone() {
        let good = chunk(&[(1, 5)], &["/a.erl"]);
        let same = |data: &[u8]| renamed(data, "foo.erl", str::to_string);
        assert_eq!(same(&good), Some(good.clone()));
        let version = [&[0, 0, 0, 1], &good[4..]].concat();
        for damaged in
            [&good[..19], &good[..22], &good[..good.len() - 1], &version, &[&good[..], b"x"].concat()]
        {
            assert_eq!(same(damaged), None, "{damaged:?}");
        }
        assert_eq!(same(&chunk(&[(2, 5)], &["/a.erl"])), None, "a file without a name");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            lines in proptest::collection::vec((0u64..5, 0u64..1 << 24), 0..50),
            names in proptest::collection::vec("[a-zä/.]{0,20}", 4),
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let data = chunk(&lines, &names);
            prop_assert_eq!(read(&data), Some(Lines { head: [0, 7], lines, names }));
        }

        #[test]
        fn renaming_keeps_every_line_and_renames_every_file(
            lines in proptest::collection::vec((0u64..4, 0u64..5000), 0..50),
        ) {
            let names = ["/a/x.erl", "/b/x.erl", "/b/y.hrl"];
            let name = |number: u64| if number == 0 { "m.erl" } else { names[number as usize - 1] };
            let once = renamed(&chunk(&lines, &names), "m.erl", base).expect("renamed");
            prop_assert_eq!(renamed(&once, "m.erl", base), Some(once.clone()));
            let there = read(&once).expect("a chunk");
            let shown = |(file, line): &(u64, u64)| {
                let name = if *file == 0 { "m.erl" } else { there.names[*file as usize - 1] };
                (name.to_string(), *line)
            };
            let expected: Vec<_> = lines.iter().map(|(file, line)| (base(name(*file)), *line)).collect();
            prop_assert_eq!(there.lines.iter().map(shown).collect::<Vec<_>>(), expected);
        }

        #[test]
        fn damaged_chunks_never_panic(data: Vec<u8>, at in 0usize..40, byte: u8) {
            let _ = renamed(&data, "m.erl", base);
            let mut known = chunk(&[(1, 5), (2, 3000)], &["/a.erl", "/b.hrl"]);
            if let Some(there) = known.get_mut(at) {
                *there = byte;
            }
            let _ = renamed(&known, "m.erl", base);
        }
    }
}

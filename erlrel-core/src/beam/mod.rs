//! BEAM files: the chunks of a compiled module.

mod canonical;
mod chunks;
mod compact;
mod compile_info;
mod directory;
mod form;
mod function_text;
mod functions;
mod instructions;
mod lines;
mod outline;
mod sources;
mod strip;

pub use canonical::canonical;
pub use chunks::BeamError;
pub use directory::names_directory;
pub use form::BeamForm;
pub use functions::{Function, attributes, exports, imports};
pub use outline::{FunctionOutline, LARGEST_OUTLINED, Outline, outline};
pub use sources::{SourceFiles, Sources};
pub use strip::strip;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::deflate;

    /// A container of these chunks, each with its name repeated as data.
    fn container(names: &[&str]) -> Vec<u8> {
        let chunk =
            |name: &&str| [name.as_bytes(), &5u32.to_be_bytes(), name.as_bytes(), b"!\0\0\0"].concat();
        let chunks = names.iter().map(chunk).collect::<Vec<_>>().concat();
        [b"FOR1".as_slice(), &(chunks.len() as u32 + 4).to_be_bytes(), b"BEAM", &chunks].concat()
    }

    const WHOLE: [&str; 8] = ["AtU8", "Code", "StrT", "ImpT", "ExpT", "Dbgi", "Docs", "Attr"];

    #[test]
    fn stripping_keeps_what_loading_needs_in_the_order_of_beam_lib() {
        let stripped = strip(&container(&WHOLE)).expect("stripped");
        assert_eq!(stripped, container(&["Attr", "AtU8", "Code", "StrT", "ImpT", "ExpT"]));
        let packed = BeamForm::Relx.of(&container(&WHOLE)).expect("stripped");
        assert_eq!(deflate::decompress(&packed).expect("gzip"), stripped);
        assert_eq!(BeamForm::Relx.of(&packed).expect("stripped again"), packed);
    }

    #[test]
    fn a_module_without_code_is_refused() {
        let error = strip(&container(&["StrT", "ImpT", "ExpT"])).expect_err("no code");
        assert_eq!(error.to_string(), "the BEAM file has no `Code` chunk");
        assert_eq!(strip(b"#!/bin/sh").expect_err("no BEAM file").to_string(), "not a BEAM file");
    }

    #[test]
    fn imports_are_named_in_both_spellings_of_the_atom_table() {
        let import = [1u32, 1, 2, 1].map(u32::to_be_bytes).concat();
        let chunk = |name: &[u8], data: &[u8]| {
            let mut chunk = [name, &(data.len() as u32).to_be_bytes(), data].concat();
            chunk.resize(chunk.len().next_multiple_of(4), 0);
            chunk
        };
        let old = [&2u32.to_be_bytes()[..], b"\x02os\x03cmd"].concat();
        let new = [&(-2i32).to_be_bytes()[..], b"\x20os\x30cmd"].concat();
        for atoms in [old, new] {
            let body = [chunk(b"AtU8", &atoms), chunk(b"ImpT", &import)].concat();
            let file = [b"FOR1".as_slice(), &(body.len() as u32 + 4).to_be_bytes(), b"BEAM", &body].concat();
            let found = imports(&file).expect("imports");
            assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["os:cmd/1"]);
        }
    }

    /// A module with one function, `f/0`, that does `code`.
    fn module(code: &[u8], more: &[([u8; 4], &[u8])]) -> Vec<u8> {
        let header = [16u32, 0, 200, 2, 1].map(u32::to_be_bytes).concat();
        // A label and the function's information: `f`, `f`, no arguments.
        let code = [&header, &[1, 0x10, 2, 0x12, 0x12, 0][..], code, &[3]].concat();
        let exports = [1u32, 1, 0, 1].map(u32::to_be_bytes).concat();
        let chunks = [(*b"AtU8", &b"\0\0\0\x01\x01f"[..]), (*b"Code", &code), (*b"ExpT", &exports)];
        chunks::container_of(&[&chunks[..], more].concat())
    }

    fn is_cut(code: &[u8], more: &[([u8; 4], &[u8])]) -> bool {
        let outline = outline(&module(code, more)).expect("an outline");
        assert!(outline.functions.contains_key(&("f".into(), 0)));
        outline.is_cut
    }

    #[test]
    fn numbers_in_numbers_end_nothing_but_the_reading_of_the_code() {
        assert!(is_cut(&[19], &[]));
        assert!(!is_cut(&[&[12][..], &[0xf8; 1 << 20]].concat(), &[]));
        let lines = [&[0u32, 0, 1, 1, 0].map(u32::to_be_bytes).concat()[..], &[0xf8; 1 << 20]].concat();
        let whole = [(*b"ImpT", &[0; 4][..]), (*b"StrT", &[]), (*b"Line", &lines)];
        assert!(canonical(&module(&[19], &whole), &Sources::of_elsewhere("x")).is_ok());
        let atoms = [&(-1i32).to_be_bytes()[..], &[0xf8; 1 << 20]].concat();
        let file = chunks::container_of(&[(*b"AtU8", &atoms), (*b"ImpT", &[0, 0, 0, 1, 0, 0, 0, 1])]);
        assert_eq!(imports(&file), Ok(Vec::new()));
    }

    #[test]
    fn a_small_file_that_says_that_it_is_very_large_has_no_outline() {
        let most = LARGEST_OUTLINED;
        let packed = |size: usize| deflate::compress(&vec![b'F'; size]).expect("memory");
        assert_eq!(outline(&packed(most + 1)), Err(BeamError::TooLarge { what: "bytes", most }));
        assert_eq!(outline(&packed(most)), Err(BeamError::NotBeam), "it was read");
        let many = chunks::container_of(&vec![(*b"Many", &[][..]); 5000]);
        let error = outline(&many).expect_err("no outline");
        assert_eq!(error.to_string(), "the BEAM file has more than 1024 chunks");
        let exports = [&0u32.to_be_bytes()[..], &vec![0; 12 << 17]].concat();
        let error = outline(&chunks::container_of(&[(*b"ExpT", &exports)])).expect_err("no outline");
        assert_eq!(error.to_string(), "the BEAM file has more than 65536 exported functions");
    }

    #[test]
    fn what_is_large_and_referred_to_often_is_not_read_again_and_again() {
        // `bs_put_string` of the first million bytes of the table.
        let put = [92, 0x18 | 1 << 5, 0x0f, 0x42, 0x40, 0];
        let strings = vec![b'x'; 1_000_000];
        assert!(is_cut(&put.repeat(60), &[(*b"StrT", &strings)]));
        assert!(!is_cut(&put.repeat(70), &[(*b"StrT", &strings)]));
    }

    #[test]
    fn a_table_with_an_atom_that_is_too_long_ends_before_it() {
        let atom = |length: usize| {
            let mut atoms = (-1i32).to_be_bytes().to_vec();
            compact::Compact { tag: 0, value: length as u64 }.write(&mut atoms);
            atoms.extend(vec![b'a'; length]);
            let export = [1u32, 1, 0, 1].map(u32::to_be_bytes).concat();
            let file = chunks::container_of(&[(*b"AtU8", &atoms), (*b"ExpT", &export)]);
            exports(&file).expect("a table").len()
        };
        assert_eq!((atom(1020), atom(1021)), (1, 0));
    }

    proptest! {
        #[test]
        fn damaged_files_never_panic(at in 0usize..160, byte in any::<u8>(), cut in 0usize..160) {
            let mut bytes = container(&[&WHOLE[..], &["LitT"]].concat());
            if let Some(there) = bytes.get_mut(at) {
                *there = byte;
            }
            bytes.truncate(cut);
            let _ = (strip(&bytes), imports(&bytes), exports(&bytes), attributes(&bytes), outline(&bytes));
            let _ = (canonical(&bytes, &Sources::of_elsewhere("x")), names_directory(&bytes, "/x/y"));
        }
    }
}

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
pub use outline::{FunctionOutline, Outline, outline};
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

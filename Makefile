# `make demo` and `make test` do everything on a fresh Debian or Ubuntu machine that has Rust.

CARGO_FLAGS = --locked $(shell scripts/cargo-flags)

.PHONY: demo test build setup check unit bench clean

demo: ## install what is missing, build, make an image of a sample app, run it
	scripts/setup demo
	$(MAKE) build
	scripts/with-docker scripts/demo

test: ## install what is missing, run every check
	scripts/setup test
	$(MAKE) check
	$(MAKE) unit

build:
	cargo build --release $(CARGO_FLAGS)

check: ## formatting, lints, documentation, shell scripts
	cargo fmt --check
	cargo clippy --workspace --all-targets $(CARGO_FLAGS) -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items $(CARGO_FLAGS)
	shellcheck --shell=sh erlrel-cli/src/bin/erlrel-boot/hooks/functions.sh
	shellcheck scripts/* sample_apps/prepare erlrel-core/src/release/start_script/hooks/*

unit:
	cargo test --release --workspace $(CARGO_FLAGS)

bench: build ## measure, and write docs/benchmarks.md
	scripts/setup bench
	scripts/with-docker benches/run

clean:
	cargo clean

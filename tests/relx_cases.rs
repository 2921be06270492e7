//! relx's own tests, each under the name that it has there: its Common Test suites, with the applications that
//! they use. Whatever erlrel builds here, the real relx builds too, and both results are compared.

mod fixture;
mod oracle;
mod release;

mod release_suite;
mod relup_suite;
mod shelltests;
mod tar_suite;

//! Certificates of our own, made by openssl.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{run, tool};

/// A certificate and its key, as PEM files.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) file: PathBuf,
    pub(crate) key: PathBuf,
}

const CONFIGURATION: &str = "
[req]
distinguished_name = name
prompt = no
[name]
CN = erlrel tests
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, digitalSignature
subjectKeyIdentifier = hash
[machine]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:localhost, IP:127.0.0.1
extendedKeyUsage = serverAuth, clientAuth
";

impl Certificate {
    /// An authority of its own, in files of this name.
    pub(crate) fn authority(dir: &Path, name: &str) -> Self {
        let certificate = Self::at(dir, name);
        run(&mut certificate.request("authority", &["-newkey", "rsa:2048"]));
        certificate
    }

    /// One for this machine, server or client, signed by the authority.
    pub(crate) fn signed_by(authority: &Self, dir: &Path, name: &str) -> Self {
        let certificate = Self::at(dir, name);
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
        let mut request = certificate.request("machine", &curve);
        run(request.arg("-CA").arg(&authority.file).arg("-CAkey").arg(&authority.key));
        certificate
    }

    fn at(dir: &Path, name: &str) -> Self {
        std::fs::write(dir.join("openssl.cnf"), CONFIGURATION).expect("written");
        Self { file: dir.join(format!("{name}.crt")), key: dir.join(format!("{name}.key")) }
    }

    fn request(&self, extensions: &str, key: &[&str]) -> Command {
        let mut command = tool("openssl", "openssl");
        command.args(["req", "-x509", "-nodes", "-days", "2", "-extensions", extensions]).args(key);
        command.arg("-config").arg(self.file.with_file_name("openssl.cnf"));
        command.arg("-keyout").arg(&self.key).arg("-out").arg(&self.file);
        command
    }

    /// The certificate as base64, without the lines around it.
    pub(crate) fn base64(&self) -> String {
        let text = std::fs::read_to_string(&self.file).expect("a certificate");
        text.lines().filter(|line| !line.starts_with("-----")).collect()
    }
}

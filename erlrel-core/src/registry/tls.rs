//! Whom to trust, and who one is: certificates for TLS.

use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, parse_pem};

use super::error::{Failure, Reason, Trouble};
use crate::environment::Environment;
use crate::fs;

/// Where systems keep the certificates that they trust.
const SYSTEM: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The certificates of authorities: those of the system, or of `SSL_CERT_FILE` in their place, and those in `files`.
/// A system that has none gets Mozilla's, unless `files` has some.
///
/// # Errors
/// When a file that was named is not there or has no certificate.
pub(super) fn roots(
    environment: &Environment,
    files: &[PathBuf],
) -> Result<Vec<Certificate<'static>>, Failure> {
    let mut roots = match environment.get("SSL_CERT_FILE") {
        Some(file) => certificates(Path::new(file))?,
        None => system()?,
    };
    for file in files {
        roots.extend(certificates(file)?);
    }
    Ok(roots)
}

/// What ureq is to trust.
pub(super) fn trusted(roots: Vec<Certificate<'static>>) -> RootCerts {
    if roots.is_empty() { RootCerts::WebPki } else { RootCerts::from(roots) }
}

fn system() -> Result<Vec<Certificate<'static>>, Failure> {
    for path in SYSTEM.map(Path::new) {
        if let Some(bytes) = fs::read_optional(path)? {
            return parse(path, &bytes);
        }
    }
    Ok(Vec::new())
}

/// All certificates of a PEM file.
///
/// # Errors
/// When it cannot be read, or has none.
pub(super) fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, Failure> {
    let found = parse(path, &fs::read(path)?)?;
    if found.is_empty() { Err(bad(path, "there is no certificate in it")) } else { Ok(found) }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<Certificate<'static>>, Failure> {
    let mut certificates = Vec::new();
    for item in parse_pem(bytes) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(_) => return Err(bad(path, "it is not PEM")),
        }
    }
    Ok(certificates)
}

/// A client certificate with its key, which belong together.
///
/// # Errors
/// When a file cannot be read, or is not what it should be, or the two are not of one pair.
pub(super) fn client_certificate(certificate: &Path, key: &Path) -> Result<ClientCert, Failure> {
    let chain = certificates(certificate)?;
    let bytes = fs::read(key)?;
    let no_key = || bad(key, "there is no private key in it that can be read without a password");
    let private = PrivateKey::from_pem(&bytes).map_err(|_| no_key())?;
    let der = PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| no_key())?;
    // ureq takes for granted what is checked here.
    let ders = chain.iter().map(|certificate| CertificateDer::from(certificate.der()).into_owned());
    let provider = rustls::crypto::ring::default_provider();
    match CertifiedKey::from_der(ders.collect(), der, &provider) {
        Ok(_) => Ok(ClientCert::new_with_certs(&chain, private)),
        Err(rustls::Error::InconsistentKeys(_)) => {
            let why = format!("the key does not belong to the certificate `{}`", certificate.display());
            Err(bad(key, why))
        }
        Err(rustls::Error::InvalidCertificate(_)) => {
            Err(bad(certificate, "the certificate is damaged, or not of X.509 version 3"))
        }
        Err(_) => Err(bad(key, "it is of no kind that can be used, or damaged")),
    }
}

fn bad(path: &Path, why: impl Into<String>) -> Failure {
    Failure::of(Reason::Certificate { path: path.into(), why: why.into() })
}

/// What lies for a host in the directories that Docker reads, `DIR/HOST[:PORT]/`: `*.crt` are authorities,
/// `NAME.cert` with `NAME.key` is a client certificate.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct HostFiles {
    pub(super) authorities: Vec<PathBuf>,
    pub(super) client: Option<(PathBuf, PathBuf)>,
}

/// Looks for the files of a host; the first client certificate counts.
///
/// # Errors
/// When a directory cannot be listed.
pub(super) fn host_files(dirs: &[PathBuf], authority: &str) -> Result<HostFiles, Failure> {
    let mut found = HostFiles::default();
    for dir in dirs {
        let files = fs::list(&dir.join(authority))?;
        let extension =
            |path: &&PathBuf, name: &str| path.extension().is_some_and(|extension| extension == name);
        found.authorities.extend(files.iter().filter(|path| extension(path, "crt")).cloned());
        let certificates = files.iter().filter(|path| extension(path, "cert"));
        let mut pairs = certificates.map(|path| (path.clone(), path.with_extension("key")));
        found.client = found.client.or_else(|| pairs.find(|(_, key)| files.contains(key)));
    }
    Ok(found)
}

/// What kind of trouble an error of rustls is.
pub(super) fn trouble(error: &(dyn std::error::Error + 'static)) -> Option<Trouble> {
    use rustls::{AlertDescription as Alert, Error};
    Some(match error.downcast_ref::<Error>()? {
        Error::InvalidCertificate(_) | Error::NoCertificatesPresented => Trouble::Untrusted,
        Error::InvalidMessage(_) => Trouble::NoTls,
        Error::AlertReceived(Alert::CertificateRequired | Alert::BadCertificate | Alert::UnknownCA) => {
            Trouble::NoClientCertificate
        }
        _ => Trouble::Protocol,
    })
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;

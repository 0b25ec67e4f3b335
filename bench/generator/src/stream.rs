//! A connection's bytes, plain or over TLS 1.3, by the same two calls.
//!
//! All peers speak the one cipher suite that is offered, AES-128-GCM, so that none is measured with another one's work.
//! What a write was given goes into one record, as far as one holds it. Certificates are not looked at.

use std::io::{self, Read, Write};
use std::sync::Arc;

use mio::net::TcpStream;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, Connection, DigitallySignedStruct, Error, ServerConfig, ServerConnection,
    SignatureScheme,
};

use crate::Outcome;

/// Bytes of records that may wait for the socket.
const PENDING: usize = 1 << 20;

/// What turns a socket into a stream.
#[derive(Clone)]
pub(crate) enum Layer {
    /// Nothing.
    Plain,
    /// TLS, as the client.
    Client(Arc<ClientConfig>),
    /// TLS, as the server.
    Server(Arc<ServerConfig>),
}

impl Layer {
    /// TLS for connections to a server.
    pub(crate) fn client() -> Outcome<Self> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])?;
        let config = builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate));
        Ok(Layer::Client(Arc::new(config.with_no_client_auth())))
    }

    /// TLS for connections that are accepted, with a certificate and its key in two PEM files.
    pub(crate) fn server(certificate: &str, key: &str) -> Outcome<Self> {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])?;
        let chain = vec![CertificateDer::from_pem_file(certificate)?];
        let config =
            builder.with_no_client_auth().with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
        Ok(Layer::Server(Arc::new(config)))
    }
}

fn provider() -> Arc<CryptoProvider> {
    let suites = vec![ring::cipher_suite::TLS13_AES_128_GCM_SHA256];
    Arc::new(CryptoProvider { cipher_suites: suites, ..ring::default_provider() })
}

/// A socket, and TLS over it if that is wanted.
pub(crate) struct Stream {
    socket: TcpStream,
    tls: Option<Box<Connection>>,
}

impl Stream {
    /// A stream over a socket that is connected or about to be.
    pub(crate) fn new(socket: TcpStream, layer: &Layer) -> Outcome<Self> {
        let mut connection = match layer {
            Layer::Plain => return Ok(Self { socket, tls: None }),
            Layer::Client(config) => {
                let name = ServerName::try_from("localhost")?;
                Connection::Client(ClientConnection::new(Arc::clone(config), name)?)
            }
            Layer::Server(config) => Connection::Server(ServerConnection::new(Arc::clone(config))?),
        };
        connection.set_buffer_limit(Some(PENDING));
        Ok(Self { socket, tls: Some(Box::new(connection)) })
    }

    /// The socket itself.
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.socket
    }
}

impl Read for Stream {
    /// Reads what is there, as far as `out` holds it: fewer bytes than that say that the socket is empty.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.read(out) };
        let mut count = 0;
        while count < out.len() {
            match tls.reader().read(&mut out[count..]) {
                Ok(0) => return Ok(count),
                Ok(more) => {
                    count += more;
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return if count > 0 { Ok(count) } else { Err(error) },
            }
            match tls.read_tls(&mut self.socket) {
                Ok(0) => return Ok(count),
                Ok(_) => {
                    tls.process_new_packets().map_err(io::Error::other)?;
                    send(tls, &mut self.socket)?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && count > 0 => return Ok(count),
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.write(bytes) };
        send(tls, &mut self.socket)?;
        let count = tls.writer().write(bytes)?;
        send(tls, &mut self.socket)?;
        if count == 0 && !bytes.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(count) }
    }

    /// Writes records that wait, as far as the socket takes them.
    fn flush(&mut self) -> io::Result<()> {
        match &mut self.tls {
            Some(tls) => send(tls, &mut self.socket),
            None => Ok(()),
        }
    }
}

/// Writes records, as far as the socket takes them.
fn send(tls: &mut Connection, socket: &mut TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        match tls.write_tls(socket) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes any certificate: the server is known.
#[derive(Debug)]
struct AnyCertificate;

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

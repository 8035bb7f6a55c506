//! Signatures of ID tokens, checked by the cryptography that the TLS connections use too.

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result, new_error};
use jsonwebtoken::signature::{Error as Rejected, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use ring::signature as ring;

/// What signatures are believed. None that is made with a secret: whoever can check such a one can make it.
pub(super) const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

static CRYPTOGRAPHY: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    verifier_factory: checker,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes `jsonwebtoken` check signatures with ring, in the whole process.
pub(super) fn install() {
    // An earlier call of ours was the only one that can have done it before.
    let _there_already = CRYPTOGRAPHY.install_default();
}

/// One key with what it is used for.
struct Checker {
    algorithm: Algorithm,
    scheme: Scheme,
    key: DecodingKey,
}

/// How a signature is checked.
enum Scheme {
    /// With a modulus of at least 2048 bits, and an exponent.
    Rsa(&'static ring::RsaParameters),
    /// With a point on a curve.
    Curve(&'static dyn ring::VerificationAlgorithm),
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape the library calls"
)]
fn checker(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let scheme = match algorithm {
        Algorithm::RS256 => Scheme::Rsa(&ring::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Scheme::Rsa(&ring::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Scheme::Rsa(&ring::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Scheme::Rsa(&ring::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Scheme::Rsa(&ring::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Scheme::Rsa(&ring::RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 => Scheme::Curve(&ring::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Scheme::Curve(&ring::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => Scheme::Curve(&ring::ED25519),
        _ => return Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    };
    if key.family() != algorithm.family() {
        return Err(new_error(ErrorKind::InvalidKeyFormat));
    }
    Ok(Box::new(Checker {
        algorithm: *algorithm,
        scheme,
        key: key.clone(),
    }))
}

impl Verifier<Vec<u8>> for Checker {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Rejected> {
        let checked = match (&self.scheme, self.key.kind()) {
            (Scheme::Rsa(parameters), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                let (n, e) = (without_zeros(n), without_zeros(e));
                let key = ring::RsaPublicKeyComponents { n, e };
                key.verify(parameters, message, signature)
            }
            (Scheme::Curve(curve), DecodingKeyKind::SecretOrDer(point)) => {
                ring::UnparsedPublicKey::new(*curve, point).verify(message, signature)
            }
            _ => return Err(Rejected::new()),
        };
        checked.map_err(|_| Rejected::new())
    }
}

impl JwtVerifier for Checker {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// Some providers write numbers with a zero before them, which ring refuses.
fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    &number[zeros..]
}

//! Tokens that are believed, and those that are not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use serde_json::{Value, json};

use super::*;
use crate::guard::openid::signature;

const EXPECTED: Expected<'_> = Expected {
    issuer: "https://id.example",
    client_id: "nbpress",
    nonce: "the-nonce",
};

/// A key of the provider, and what it says of it.
struct Key {
    pair: EcdsaKeyPair,
    jwk: Value,
}

impl Key {
    fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(kind, pair.as_ref(), &random).unwrap();
        let point = pair.public_key().as_ref()[1..].to_vec();
        let (x, y) = point.split_at(32);
        let jwk = json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": id,
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)});
        Self { pair, jwk }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.unwrap()))
    }
}

fn message(header: &Value, claims: &Value) -> String {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encoded(header), encoded(claims))
}

fn keys(of: &[&Value]) -> Vec<Jwk> {
    signature::install();
    let keys = of.iter().map(|key| serde_json::from_value((*key).clone()));
    keys.collect::<Result<_, _>>().unwrap()
}

/// Claims that are believed, changed in some places; `null` takes one away.
fn claims(changes: &Value) -> Value {
    let now = jiff::Timestamp::now().as_second();
    let mut claims = json!({"iss": EXPECTED.issuer, "aud": "nbpress", "sub": "42", "nonce": "the-nonce",
        "iat": now, "exp": now + 300, "email": "ada@Example.ORG", "email_verified": true});
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    claims
}

#[test]
fn what_a_token_says_decides() {
    let key = Key::new("one");
    let keys = keys(&[&key.jwk]);
    let now = jiff::Timestamp::now().as_second();
    let header = json!({"alg": "ES256", "kid": "one"});
    for (changes, expected) in [
        (json!({}), None),
        (json!({"aud": ["nbpress"]}), None),
        (json!({"aud": ["nbpress", "other"], "azp": "nbpress"}), None),
        // Clocks may be a minute apart.
        (json!({"exp": now - 30}), None),
        (json!({"nbf": now + 30}), None),
        (json!({"exp": now - 120}), Some(NotBelieved::Expired)),
        (json!({"exp": null}), Some(NotBelieved::Incomplete)),
        (json!({"exp": "never"}), Some(NotBelieved::Incomplete)),
        (json!({"nbf": now + 120}), Some(NotBelieved::Early)),
        (
            json!({"iss": "https://id.example.evil"}),
            Some(NotBelieved::Issuer),
        ),
        (
            json!({"iss": "https://id.example/"}),
            Some(NotBelieved::Issuer),
        ),
        (
            json!({"iss": ["https://id.example"]}),
            Some(NotBelieved::Incomplete),
        ),
        (json!({"iss": null}), Some(NotBelieved::Incomplete)),
        (json!({"aud": "other"}), Some(NotBelieved::Audience)),
        (json!({"aud": []}), Some(NotBelieved::Audience)),
        (json!({"aud": null}), Some(NotBelieved::Incomplete)),
        (
            json!({"aud": ["nbpress", "other"]}),
            Some(NotBelieved::Audience),
        ),
        (json!({"azp": "other"}), Some(NotBelieved::Audience)),
        (json!({"nonce": "another"}), Some(NotBelieved::Nonce)),
        (json!({"nonce": null}), Some(NotBelieved::Nonce)),
        (json!({"sub": null}), Some(NotBelieved::Incomplete)),
        (json!({"sub": 42}), Some(NotBelieved::Incomplete)),
    ] {
        let token = key.sign(&header, &claims(&changes));
        let believed = believed(&token, &keys, &EXPECTED);
        assert_eq!(believed.err(), expected, "{changes}");
    }
}

#[test]
fn who_signed_it_decides() {
    let (key, other) = (Key::new("one"), Key::new("one"));
    let claims = claims(&json!({}));
    let named = |alg: &str| json!({"alg": alg, "kid": "one"});
    let good = key.sign(&named("ES256"), &claims);
    let (front, signature) = good.rsplit_once('.').unwrap();
    let with_secret = {
        use hmac::Mac as _;
        // The public key as a secret, which everybody knows.
        let secret = key.jwk["x"].as_str().unwrap();
        let mut code = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        let message = message(&named("HS256"), &claims);
        code.update(message.as_bytes());
        let code = URL_SAFE_NO_PAD.encode(code.finalize().into_bytes());
        format!("{message}.{code}")
    };
    let mut changed = claims.clone();
    changed["sub"] = json!("43");
    let changed = format!("{}.{signature}", message(&named("ES256"), &changed));
    let mut of_rsa = key.jwk.clone();
    of_rsa["alg"] = json!("ES384");
    let mut encrypts = key.jwk.clone();
    encrypts["use"] = json!("enc");
    let secret = json!({"kty": "oct", "k": key.jwk["x"], "kid": "one"});
    for (what, token, jwk, expected) in [
        ("nothing", "", &key.jwk, NotBelieved::Unreadable),
        ("two parts", front, &key.jwk, NotBelieved::Unreadable),
        (
            "an empty signature",
            &format!("{front}."),
            &key.jwk,
            NotBelieved::Signature,
        ),
        (
            "none",
            &format!("{}.", message(&named("none"), &claims)),
            &key.jwk,
            NotBelieved::Unreadable,
        ),
        ("a secret", &with_secret, &key.jwk, NotBelieved::Algorithm),
        (
            "a secret of the provider",
            &with_secret,
            &secret,
            NotBelieved::Algorithm,
        ),
        (
            "another key",
            &other.sign(&named("ES256"), &claims),
            &key.jwk,
            NotBelieved::Signature,
        ),
        (
            "another algorithm",
            &key.sign(&named("RS256"), &claims),
            &key.jwk,
            NotBelieved::NoKey,
        ),
        (
            "an algorithm the key is not for",
            &good,
            &of_rsa,
            NotBelieved::NoKey,
        ),
        ("a key that encrypts", &good, &encrypts, NotBelieved::NoKey),
        (
            "another id",
            &key.sign(&json!({"alg": "ES256", "kid": "two"}), &claims),
            &key.jwk,
            NotBelieved::NoKey,
        ),
        ("changed claims", &changed, &key.jwk, NotBelieved::Signature),
    ] {
        let found = believed(token, &keys(&[jwk]), &EXPECTED);
        assert_eq!(found.err(), Some(expected), "{what}");
    }
    assert!(believed(&good, &keys(&[&key.jwk]), &EXPECTED).is_ok());
    // Without an id in the token any of the provider's keys may have signed it.
    let unnamed = key.sign(&json!({"alg": "ES256"}), &claims);
    assert!(believed(&unnamed, &keys(&[&other.jwk, &key.jwk]), &EXPECTED).is_ok());
}

#[test]
fn curves_of_edwards_are_believed_too() {
    let pair = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(pair.as_ref()).unwrap();
    let x = URL_SAFE_NO_PAD.encode(pair.public_key());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "ed"});
    let message = message(&json!({"alg": "EdDSA", "kid": "ed"}), &claims(&json!({})));
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()));
    let token = format!("{message}.{signature}");
    assert!(believed(&token, &keys(&[&jwk]), &EXPECTED).is_ok());
}

/// The example of RFC 7515, appendix A.2: signed by RSA, whatever it says.
#[test]
fn a_signature_of_the_standard_is_believed() {
    let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR\
             T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBd\
             QOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGN\
             j8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    let jwk = json!({"kty": "RSA", "e": "AQAB", "n": n});
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p\
                 c19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_\
                 lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvk\
                 SjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2\
                 w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    // It is read as far as it lacks what we ask for, which is after its signature.
    let found = believed(token, &keys(&[&jwk]), &EXPECTED).err();
    assert_eq!(found, Some(NotBelieved::Incomplete));
    let broken = token.replace("cC4hiUPo", "cC4hiUPp");
    let found = believed(&broken, &keys(&[&jwk]), &EXPECTED).err();
    assert_eq!(found, Some(NotBelieved::Signature));
}

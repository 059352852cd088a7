#include "emulator/net/tls/verify.h"

#include "emulator/net/resolver.h"

#include <openssl/x509v3.h>

static uint32_t usage_flag(X509 *certificate)
{
    uint32_t extensions = X509_get_extension_flags(certificate);
    if ((extensions & EXFLAG_XKUSAGE) &&
        !(X509_get_extended_key_usage(certificate) & (XKU_SSL_SERVER | XKU_SGC | XKU_ANYEKU)))
        return EMU_BAD_EXT_KEY_USAGE;
    if ((extensions & EXFLAG_KUSAGE) &&
        !(X509_get_key_usage(certificate) & (KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT)))
        return EMU_BAD_KEY_USAGE;
    return (extensions & EXFLAG_NSCERT) ? EMU_BAD_NS_CERT_TYPE : EMU_BAD_OTHER;
}

static uint32_t flag_of(int error, X509 *certificate)
{
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return EMU_BAD_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return EMU_BAD_FUTURE;
    case X509_V_ERR_CERT_REVOKED:
        return EMU_BAD_REVOKED;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return EMU_BAD_NAME;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
        return EMU_BAD_NOT_TRUSTED;
    case X509_V_ERR_INVALID_PURPOSE:
        return certificate ? usage_flag(certificate) : EMU_BAD_OTHER;
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return EMU_BAD_DIGEST;
    case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
        return EMU_BAD_PUBLIC_KEY;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
        return EMU_BAD_KEY;
    default: /* OpenSSL's list, which grows; not an enumeration of ours */
        return EMU_BAD_OTHER;
    }
}

static bool is_about_signature(int error)
{
    return error == X509_V_ERR_CERT_SIGNATURE_FAILURE ||
           error == X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE || error == X509_V_ERR_CA_MD_TOO_WEAK;
}

/* The error concerns certificates above the server's own, or their absence. */
static bool is_about_chain(int error, int depth)
{
    return depth > 0 || error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE || error == X509_V_ERR_CERT_UNTRUSTED;
}

static int collect(int good, X509_STORE_CTX *store)
{
    struct emu_verify *verify = X509_STORE_CTX_get_ex_data(store, 0);
    if (good)
        return 1;
    int error = X509_STORE_CTX_get_error(store), depth = X509_STORE_CTX_get_error_depth(store);
    bool passed = (verify->ignore_signature && is_about_signature(error)) ||
                  (verify->ignore_chain && is_about_chain(error, depth));
    if (!passed)
        verify->found |= flag_of(error, X509_STORE_CTX_get_current_cert(store));
    return 1;
}

static bool name_matches(X509 *certificate, const char *host)
{
    if (emu_is_address(host))
        return X509_check_ip_asc(certificate, host, 0) == 1;
    return X509_check_host(certificate, host, 0, 0, NULL) == 1;
}

int emu_verify_chain(X509_STORE_CTX *store, void *argument)
{
    struct emu_verify *verify = argument;
    verify->found = 0;
    if (verify->ignore == EMU_BAD_ALL)
        return 1;
    void *handled = X509_STORE_CTX_get_ex_data(store, 0);
    X509_STORE_CTX_set_ex_data(store, 0, verify);
    X509_STORE_CTX_set_verify_cb(store, collect);
    int outcome = X509_verify_cert(store);
    X509_STORE_CTX_set_ex_data(store, 0, handled);
    if (outcome < 0)
        return 0;
    X509 *leaf = X509_STORE_CTX_get0_cert(store);
    if (!leaf)
        verify->found |= EMU_BAD_MISSING;
    else if (!name_matches(leaf, verify->host))
        verify->found |= EMU_BAD_NAME;
    bool accepted = (verify->found & ~verify->ignore) == 0;
    X509_STORE_CTX_set_error(store, accepted ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
    return accepted;
}

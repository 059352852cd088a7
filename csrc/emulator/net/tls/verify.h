/* Verifies a server certificate, with the exceptions that the ignore... keys of the SSL note allow.
 *
 * All errors in a chain are first collected as flags. Flags to be ignored are then removed, and the chain
 * is accepted if none remains. The values are those of <ignore_check_item> (SSL note 2.2.1), which are
 * mbedTLS's MBEDTLS_X509_BADCERT_*; the note omits some. */
#ifndef EMU_NET_TLS_VERIFY_H
#define EMU_NET_TLS_VERIFY_H

#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stdint.h>

enum emu_bad_certificate {
    EMU_BAD_EXPIRED = 0x1,
    EMU_BAD_REVOKED = 0x2,
    EMU_BAD_NAME = 0x4,
    EMU_BAD_NOT_TRUSTED = 0x8,
    EMU_BAD_MISSING = 0x40,
    EMU_BAD_OTHER = 0x100,
    EMU_BAD_FUTURE = 0x200,
    EMU_BAD_KEY_USAGE = 0x800,
    EMU_BAD_EXT_KEY_USAGE = 0x1000,
    EMU_BAD_NS_CERT_TYPE = 0x2000,
    EMU_BAD_DIGEST = 0x4000,
    EMU_BAD_PUBLIC_KEY = 0x8000,
    EMU_BAD_KEY = 0x10000,
    EMU_BAD_ALL = 0xfffff,
};

struct emu_verify {
    const char *host; /* name or address that was connected to */
    uint32_t ignore;
    /* ignoreinvalidcertsign: ignores invalid signatures and weak digests in the chain. The chain must
     * still end with a certificate in the CA file. */
    bool ignore_signature;
    /* ignoremulticertchainverify: verifies only the first level. The server's own certificate is still
     * checked for dates, name and usage, and must not be self-signed unless it is in the CA file. Anything
     * above it (a missing intermediate, a root that is not in the CA file, any error in them) is ignored.
     * This follows the wording of the note, which has no example. */
    bool ignore_chain;
    uint32_t found; /* flags of the last verification, before any were removed */
};

/* Callback for SSL_CTX_set_cert_verify_callback. The argument is a struct emu_verify. */
int emu_verify_chain(X509_STORE_CTX *store, void *verify);

#endif

/* Judges a server's certificate the way the SSL note's ignore... keys let a user loosen it.
 *
 * All that is wrong with a chain is collected first, as flags; then the flags that are to be ignored are
 * taken away; a chain is accepted when none is left. The values are those of <ignore_check_item> (SSL
 * note 2.2.1), which in turn are mbedTLS's MBEDTLS_X509_BADCERT_*; the note leaves some of them out. */
#ifndef EMU_NET_VERIFY_H
#define EMU_NET_VERIFY_H

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
    const char *host; /* what was connected to, a name or an address */
    uint32_t ignore;
    /* ignoreinvalidcertsign: a signature in the chain that does not verify, or by a digest too weak, is
     * passed over. The chain must still end in a certificate of the CA file. */
    bool ignore_signature;
    /* ignoremulticertchainverify: only the first level is verified. The server's own certificate is still
     * held to its dates, its name and its usage, and must not be self-signed unless it is in the CA file; but
     * what stands above it (an intermediate that was not sent, a root that is not in the CA file, whatever is
     * wrong with either) does not count. This is what the words say; the note has no example. */
    bool ignore_chain;
    uint32_t found; /* the flags of the last verification, before any was taken away */
};

/* For SSL_CTX_set_cert_verify_callback; the argument is a struct emu_verify. */
int emu_verify_chain(X509_STORE_CTX *store, void *verify);

#endif

/* CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720, appendix B.4): what iSCSI, ext4
 * and LevelDB use. Finds every error burst of up to 32 bits. Any thread. */
#ifndef PS_BASE_CRC32C_H
#define PS_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of `size` bytes, going on from `crc`: 0 for the first piece. */
uint32_t ps_crc32c(uint32_t crc, const void *bytes, size_t size);

#endif

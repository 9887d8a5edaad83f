#ifndef HEXI_CCHECKSUM_SHIM_H
#define HEXI_CCHECKSUM_SHIM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// CRC-32C (Castagnoli; RFC 3720 appendix B.4): polynomial 0x1EDC6F41 reflected, initial and final value all ones.
// The processor's instruction where there is one, a table of sixteen otherwise.

static inline uint32_t hexi_crc32c_by_table(uint32_t state, const unsigned char *bytes, size_t count) {
    static const uint32_t table[16] = {
        0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
        0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
    };
    for (size_t index = 0; index < count; index++) {
        state ^= bytes[index];
        state = state >> 4 ^ table[state & 15];
        state = state >> 4 ^ table[state & 15];
    }
    return state;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2")))
static inline uint32_t hexi_crc32c_by_instruction(uint32_t state, const unsigned char *bytes, size_t count) {
    uint64_t wide = state;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
        bytes += 8;
        count -= 8;
    }
    state = (uint32_t)wide;
    while (count-- > 0) state = __builtin_ia32_crc32qi(state, *bytes++);
    return state;
}
#endif

// Continues the checksum `crc` (0 at the start) over more bytes.
static inline uint32_t hexi_crc32c(uint32_t crc, const void *bytes, size_t count) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~hexi_crc32c_by_instruction(~crc, (const unsigned char *)bytes, count);
#endif
    return ~hexi_crc32c_by_table(~crc, (const unsigned char *)bytes, count);
}

// The same without the instruction, so that a test can compare the two.
static inline uint32_t hexi_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
    return ~hexi_crc32c_by_table(~crc, (const unsigned char *)bytes, count);
}

#endif

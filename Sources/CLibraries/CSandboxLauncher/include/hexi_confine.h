#ifndef HEXI_CONFINE_H
#define HEXI_CONFINE_H

#include <stddef.h>
#include <stdint.h>

/// The first program inside a sandbox: it gives up by Landlock (landlock(7)) what the namespaces leave visible, and then
/// becomes the program it was started for. It must run inside, because a process under Landlock can mount nothing, so
/// bubblewrap could not work under it.
///
/// It is not a file of the installation. Its code is a section of this library; `hexi_confine_image` puts it into a complete
/// executable of two segments, code and plan, without libraries, and bubblewrap lays that at a path inside.

enum { HEXI_CONFINE_PATH_BYTES = 248, HEXI_CONFINE_RULES = 256 };

/// What may be done with the files beneath a path, or with one file.
struct hexi_confine_rule {
    const char *path;
    /// hexi_landlock_read and so on, joined.
    uint64_t access;
};

/// Landlock's rights (linux/landlock.h): reading a file; listing a folder; executing; writing and cutting a file; making and
/// removing ordinary files and folders (never links, sockets, pipes or devices).
extern const uint64_t hexi_landlock_read, hexi_landlock_list, hexi_landlock_execute, hexi_landlock_write, hexi_landlock_make;

/// Landlock's version on this kernel (1 and up), or 0 where there is none.
int hexi_landlock_version(void);

/// Bytes of the largest image.
size_t hexi_confine_capacity(void);

/// Writes the executable; returns its size, or 0 where a path or their number is too large, or the processor is neither
/// x86-64 nor 64-bit ARM.
///
/// Started with a program's path and its arguments as its own arguments, it forbids everything that `version` of Landlock
/// knows but the rules do not allow (with version 0, nothing), closes all descriptors from 3 on, and executes the program.
/// On failure it says "hexi-confine: " and the number of the system call that failed, and exits with 125.
size_t hexi_confine_image(int version, const struct hexi_confine_rule *rules, size_t count, uint8_t *image, size_t capacity);

#endif

#define _GNU_SOURCE
#include "hexi_confine.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Kernel headers older than the kernel lack these (linux/landlock.h, linux/close_range.h).
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446, CLOSE_RANGE = 436 };
enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

int hexi_landlock_version(void) {
    long version = syscall(CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
    return version > 0 && version < 1000 ? (int)version : 0;
}

// struct landlock_ruleset_attr's bits, by the version that brought them: files 1, moving between folders 2, cutting 3, TCP 4,
// ioctl on devices 5, abstract sockets and signals to outside 6.
enum {
    EXECUTE = 1 << 0, WRITE_FILE = 1 << 1, READ_FILE = 1 << 2, READ_DIR = 1 << 3, REMOVE_DIR = 1 << 4, REMOVE_FILE = 1 << 5,
    MAKE_DIR = 1 << 7, MAKE_REG = 1 << 8, ALL_FILES_1 = (1 << 13) - 1, REFER = 1 << 13, TRUNCATE = 1 << 14, IOCTL_DEV = 1 << 15,
    ALL_TCP = 3, ALL_SCOPES = 3
};

const uint64_t hexi_landlock_read = READ_FILE, hexi_landlock_list = READ_DIR, hexi_landlock_execute = EXECUTE,
               hexi_landlock_write = WRITE_FILE | TRUNCATE,
               hexi_landlock_make = REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER;

enum { CODE_ADDRESS = 0x10000000, PLAN_ADDRESS = 0x20000000, PAGE = 0x10000 };

#if defined(__x86_64__) || defined(__aarch64__)

struct plan_rule {
    uint64_t access;
    char path[HEXI_CONFINE_PATH_BYTES];
};

/// What the program inside reads, at a fixed address.
struct plan {
    /// struct landlock_ruleset_attr, of which this kernel knows the first `attribute_bytes`; 0 for a kernel without Landlock.
    uint64_t handled_files, handled_network, scoped;
    uint64_t attribute_bytes;
    uint64_t rule_count;
    struct plan_rule rules[HEXI_CONFINE_RULES];
};

// Everything marked so runs without a C library, as part of another program: no data of its own, no calls out of the section.
#define INSIDE __attribute__((section("hexi_confine"), used, noinline))

extern const char __start_hexi_confine[] __attribute__((visibility("hidden")));
extern const char __stop_hexi_confine[] __attribute__((visibility("hidden")));

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
INSIDE static long call(long number, long a, long b, long c, long d) {
    register long fourth __asm__("r10") = d;
    __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(fourth) : "rcx", "r11", "memory");
    return number;
}
// The kernel leaves the count of arguments, the arguments, a null and the environment on the stack.
__asm__(
    ".pushsection hexi_confine,\"ax\",@progbits\n"
    ".hidden hexi_confine_start\n.globl hexi_confine_start\n"
    "hexi_confine_start: mov %rsp, %rdi\n and $-16, %rsp\n call hexi_confine_main\n hlt\n"
    ".popsection\n");
#else
enum { MACHINE = EM_AARCH64 };
INSIDE static long call(long number, long a, long b, long c, long d) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}
__asm__(
    ".pushsection hexi_confine,\"ax\",@progbits\n"
    ".hidden hexi_confine_start\n.globl hexi_confine_start\n"
    "hexi_confine_start: mov x0, sp\n bl hexi_confine_main\n brk #0\n"
    ".popsection\n");
#endif

extern const char hexi_confine_start[] __attribute__((visibility("hidden")));

/// Text is written letter by letter, since a literal would lie in another section.
INSIDE static void give_up(long number) {
    volatile char text[24];
    int length = 0;
    text[length++] = 'h', text[length++] = 'e', text[length++] = 'x', text[length++] = 'i', text[length++] = '-';
    text[length++] = 'c', text[length++] = 'o', text[length++] = 'n', text[length++] = 'f', text[length++] = 'i';
    text[length++] = 'n', text[length++] = 'e', text[length++] = ':', text[length++] = ' ';
    text[length++] = (char)('0' + number / 100 % 10);
    text[length++] = (char)('0' + number / 10 % 10);
    text[length++] = (char)('0' + number % 10);
    text[length++] = '\n';
    call(SYS_write, 2, (long)text, length, 0);
    for (;;) call(SYS_exit_group, 125, 0, 0, 0);
}

INSIDE static long must(long number, long a, long b, long c, long d) {
    long result = call(number, a, b, c, d);
    if (result < 0) give_up(number);
    return result;
}

/// struct landlock_path_beneath_attr, which is packed.
struct __attribute__((packed)) path_beneath {
    uint64_t allowed_access;
    int32_t parent_fd;
};

INSIDE static void restrict_self(const struct plan *plan) {
    long ruleset = must(CREATE_RULESET, (long)&plan->handled_files, (long)plan->attribute_bytes, 0, 0);
    for (uint64_t i = 0; i < plan->rule_count; i++) {
        struct path_beneath beneath;
        beneath.allowed_access = plan->rules[i].access;
        long place = must(SYS_openat, AT_FDCWD, (long)plan->rules[i].path, O_PATH | O_CLOEXEC, 0);
        beneath.parent_fd = (int32_t)place;
        must(ADD_RULE, ruleset, RULE_PATH_BENEATH, (long)&beneath, 0);
        must(SYS_close, place, 0, 0, 0);
    }
    must(RESTRICT_SELF, ruleset, 0, 0, 0);
}

INSIDE __attribute__((visibility("hidden"))) void hexi_confine_main(const long *stack) {
    const struct plan *plan = (const struct plan *)PLAN_ADDRESS;
    long count = stack[0];
    const long *arguments = stack + 1;
    const long *environment = arguments + count + 1;
    if (count < 2) give_up(0);
    // Whatever else was left open, the ruleset included, ends here.
    must(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0);
    if (plan->attribute_bytes != 0) restrict_self(plan);
    must(CLOSE_RANGE, 3, 0xFFFFFFFFL, 0, 0);
    must(SYS_execve, arguments[1], (long)(arguments + 1), (long)environment, 0);
}

static Elf64_Phdr segment(uint32_t flags, uint64_t offset, uint64_t address, uint64_t bytes) {
    Elf64_Phdr header = {.p_type = PT_LOAD, .p_flags = flags, .p_offset = offset, .p_align = PAGE};
    header.p_vaddr = header.p_paddr = address;
    header.p_filesz = header.p_memsz = bytes;
    return header;
}

size_t hexi_confine_capacity(void) {
    return 2 * PAGE + (size_t)(__stop_hexi_confine - __start_hexi_confine) + sizeof(struct plan);
}

/// Fills in what this version of Landlock can forbid; 0 where a rule does not fit.
static int make_plan(struct plan *plan, int version, const struct hexi_confine_rule *rules, size_t count) {
    uint64_t files = version < 1 ? 0 : ALL_FILES_1;
    if (version >= 2) files |= REFER;
    if (version >= 3) files |= TRUNCATE;
    if (version >= 5) files |= IOCTL_DEV;
    plan->handled_files = files;
    plan->handled_network = version >= 4 ? ALL_TCP : 0;
    plan->scoped = version >= 6 ? ALL_SCOPES : 0;
    plan->attribute_bytes = version < 1 ? 0 : version < 4 ? 8 : version < 6 ? 16 : 24;
    plan->rule_count = version < 1 ? 0 : count;
    if (count > HEXI_CONFINE_RULES) return 0;
    for (size_t i = 0; i < plan->rule_count; i++) {
        size_t length = strlen(rules[i].path);
        if (length >= HEXI_CONFINE_PATH_BYTES) return 0;
        memcpy(plan->rules[i].path, rules[i].path, length + 1);
        plan->rules[i].access = rules[i].access & files;
    }
    return 1;
}

static void put_headers(uint8_t *image, size_t code_offset, size_t code, size_t plan_offset, size_t plan_bytes) {
    Elf64_Ehdr header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE},
        .e_type = ET_EXEC,
        .e_machine = MACHINE,
        .e_version = EV_CURRENT,
        .e_entry = CODE_ADDRESS + code_offset + (uint64_t)(hexi_confine_start - __start_hexi_confine),
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 3,
    };
    Elf64_Phdr segments[3] = {
        segment(PF_R | PF_X, 0, CODE_ADDRESS, code_offset + code),
        segment(PF_R, plan_offset, PLAN_ADDRESS, plan_bytes),
        // A stack that holds no code.
        {.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W},
    };
    memcpy(image, &header, sizeof header);
    memcpy(image + sizeof header, segments, sizeof segments);
}

size_t hexi_confine_image(int version, const struct hexi_confine_rule *rules, size_t count, uint8_t *image, size_t capacity) {
    size_t code = (size_t)(__stop_hexi_confine - __start_hexi_confine);
    size_t code_offset = 0x200;
    size_t plan_offset = (code_offset + code + PAGE - 1) / PAGE * PAGE;
    struct plan *plan = calloc(1, sizeof *plan);
    size_t bytes = 0;
    if (plan && make_plan(plan, version, rules, count)) {
        size_t plan_bytes = offsetof(struct plan, rules) + plan->rule_count * sizeof plan->rules[0];
        if (plan_offset + plan_bytes <= capacity) {
            bytes = plan_offset + plan_bytes;
            memset(image, 0, plan_offset);
            put_headers(image, code_offset, code, plan_offset, plan_bytes);
            memcpy(image + code_offset, __start_hexi_confine, code);
            memcpy(image + plan_offset, plan, plan_bytes);
        }
    }
    free(plan);
    return bytes;
}

#else

size_t hexi_confine_capacity(void) { return 0; }

size_t hexi_confine_image(int version, const struct hexi_confine_rule *rules, size_t count, uint8_t *image, size_t capacity) {
    (void)version, (void)rules, (void)count, (void)image, (void)capacity;
    return 0;
}

#endif

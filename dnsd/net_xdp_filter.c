
/*
 * The filter, written for the addresses that there are: no compiler for BPF is
 * needed, and no table is searched for a frame.  The kernel's verifier has the
 * last word on it.
 */

#include "net_xdp_filter.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>


/* Where in a frame things stand, from the Ethernet header on. */
#define FILTER_MAC        0
#define FILTER_TYPE       12
#define FILTER_V4_START   14
#define FILTER_V4_PIECE   20
#define FILTER_V4_PROTO   23
#define FILTER_V4_TARGET  30
#define FILTER_V4_PORT    36
#define FILTER_V4_LEN     42        /* up to the end of the UDP header */
#define FILTER_V6_PROTO   20
#define FILTER_V6_TARGET  38
#define FILTER_V6_PORT    56
#define FILTER_V6_LEN     62

/* Places that are known when the program is whole: a jump there carries one
 * of these as its offset until then, which no real jump can have. */
#define FILTER_PASS       (-1)
#define FILTER_REDIRECT   (-2)


/* What lies in the registers. */
enum {
    FILTER_RESULT = BPF_REG_0,
    FILTER_FRAME = BPF_REG_2,
    FILTER_END = BPF_REG_3,
    FILTER_FIELD = BPF_REG_4,
    FILTER_PORT = BPF_REG_5,
    FILTER_CONTEXT = BPF_REG_6,
    FILTER_ADDRESS = BPF_REG_7,
    FILTER_ADDRESS2 = BPF_REG_8,    /* the second half of an IPv6 one */
    FILTER_WANTED = BPF_REG_9
};


typedef struct {
    struct bpf_insn  *instructions;
    size_t            n;
} filter_program_t;


static void net_xdp_filter_v4(filter_program_t *program,
    const net_xdp_filter_t *filter);
static void net_xdp_filter_v6(filter_program_t *program,
    const net_xdp_filter_t *filter);
static void net_xdp_filter_end(filter_program_t *program, int map);
static void net_xdp_filter_room(filter_program_t *program, int32_t len);
static void net_xdp_filter_load(filter_program_t *program, uint8_t size,
    uint8_t to, int16_t at);
static void net_xdp_filter_field(filter_program_t *program, uint8_t size,
    int16_t at, const void *wanted);
static void net_xdp_filter_constant(filter_program_t *program, uint8_t to,
    uint8_t kind, uint64_t value);
static void net_xdp_filter_write_one(filter_program_t *program, uint8_t code,
    uint8_t to, uint8_t from, int16_t offset, int32_t value);


size_t
net_xdp_filter_write(const net_xdp_filter_t *filter, int map,
    struct bpf_insn instructions[NET_XDP_FILTER_MAX])
{
    size_t            v6;
    uint16_t          type = htons(ETH_P_IPV6);
    filter_program_t  program = { .instructions = instructions };

    net_xdp_filter_write_one(&program, BPF_ALU64 | BPF_MOV | BPF_X,
                             FILTER_CONTEXT, BPF_REG_1, 0, 0);
    net_xdp_filter_write_one(&program, BPF_LDX | BPF_W | BPF_MEM,
                             FILTER_FRAME, FILTER_CONTEXT,
                             offsetof(struct xdp_md, data), 0);
    net_xdp_filter_write_one(&program, BPF_LDX | BPF_W | BPF_MEM,
                             FILTER_END, FILTER_CONTEXT,
                             offsetof(struct xdp_md, data_end), 0);

    net_xdp_filter_room(&program, FILTER_V4_LEN);

    /* neither broadcast nor what is here for another machine */

    net_xdp_filter_field(&program, BPF_W, FILTER_MAC, filter->mac);
    net_xdp_filter_field(&program, BPF_H, FILTER_MAC + 4, filter->mac + 4);

    net_xdp_filter_load(&program, BPF_H, FILTER_FIELD, FILTER_TYPE);
    v6 = program.n;
    net_xdp_filter_write_one(&program, BPF_JMP | BPF_JEQ | BPF_K,
                             FILTER_FIELD, 0, 0, type);

    net_xdp_filter_v4(&program, filter);

    instructions[v6].off = (int16_t) (program.n - v6 - 1);
    net_xdp_filter_v6(&program, filter);

    net_xdp_filter_end(&program, map);

    return program.n;
}


static void
net_xdp_filter_v4(filter_program_t *program, const net_xdp_filter_t *filter)
{
    unsigned                 i;
    uint16_t                 port, type = htons(ETH_P_IP);
    uint32_t                 address;
    const net_xdp_target_t  *target;

    net_xdp_filter_field(program, BPF_H, FILTER_TYPE, &type);

    /* no options: the ports stand where they are looked for */

    net_xdp_filter_field(program, BPF_B, FILTER_V4_START, "\x45");
    net_xdp_filter_field(program, BPF_B, FILTER_V4_PROTO, "\x11");

    /* more fragments, or not the first one; DF may be set */

    net_xdp_filter_load(program, BPF_H, FILTER_FIELD, FILTER_V4_PIECE);
    net_xdp_filter_write_one(program, BPF_JMP | BPF_JSET | BPF_K,
                             FILTER_FIELD, 0, FILTER_PASS, htons(0x3fff));

    net_xdp_filter_load(program, BPF_H, FILTER_PORT, FILTER_V4_PORT);
    net_xdp_filter_load(program, BPF_W, FILTER_ADDRESS, FILTER_V4_TARGET);

    for (i = 0; i < filter->n; i++) {
        target = &filter->targets[i];

        if (target->v6) {
            continue;
        }

        memcpy(&port, target->port, sizeof(port));
        memcpy(&address, target->address, sizeof(address));

        net_xdp_filter_write_one(program, BPF_JMP | BPF_JNE | BPF_K,
                                 FILTER_PORT, 0, 1, port);
        net_xdp_filter_write_one(program, BPF_JMP32 | BPF_JEQ | BPF_K,
                                 FILTER_ADDRESS, 0, FILTER_REDIRECT,
                                 (int32_t) address);
    }

    net_xdp_filter_write_one(program, BPF_JMP | BPF_JA, 0, 0, FILTER_PASS, 0);
}


static void
net_xdp_filter_v6(filter_program_t *program, const net_xdp_filter_t *filter)
{
    unsigned                 i;
    uint16_t                 port;
    uint64_t                 address[2];
    const net_xdp_target_t  *target;

    net_xdp_filter_room(program, FILTER_V6_LEN);
    net_xdp_filter_field(program, BPF_B, FILTER_V6_PROTO, "\x11");

    net_xdp_filter_load(program, BPF_H, FILTER_PORT, FILTER_V6_PORT);
    net_xdp_filter_load(program, BPF_DW, FILTER_ADDRESS, FILTER_V6_TARGET);
    net_xdp_filter_load(program, BPF_DW, FILTER_ADDRESS2,
                        FILTER_V6_TARGET + 8);

    for (i = 0; i < filter->n; i++) {
        target = &filter->targets[i];

        if (!target->v6) {
            continue;
        }

        memcpy(&port, target->port, sizeof(port));
        memcpy(address, target->address, sizeof(address));

        /* a constant of 64 bits takes the place of two instructions */

        net_xdp_filter_write_one(program, BPF_JMP | BPF_JNE | BPF_K,
                                 FILTER_PORT, 0, 6, port);
        net_xdp_filter_constant(program, FILTER_WANTED, 0, address[0]);
        net_xdp_filter_write_one(program, BPF_JMP | BPF_JNE | BPF_X,
                                 FILTER_ADDRESS, FILTER_WANTED, 3, 0);
        net_xdp_filter_constant(program, FILTER_WANTED, 0, address[1]);
        net_xdp_filter_write_one(program, BPF_JMP | BPF_JEQ | BPF_X,
                                 FILTER_ADDRESS2, FILTER_WANTED,
                                 FILTER_REDIRECT, 0);
    }
}


/* Falls through to FILTER_PASS; then all jumps are given their offsets. */
static void
net_xdp_filter_end(filter_program_t *program, int map)
{
    size_t            i, pass, redirect;
    struct bpf_insn  *instruction;

    pass = program->n;
    net_xdp_filter_write_one(program, BPF_ALU64 | BPF_MOV | BPF_K,
                             FILTER_RESULT, 0, 0, XDP_PASS);
    net_xdp_filter_write_one(program, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);

    /* bpf_redirect_map(map, queue, what to do where there is no socket) */

    redirect = program->n;
    net_xdp_filter_constant(program, BPF_REG_1, BPF_PSEUDO_MAP_FD,
                            (uint32_t) map);
    net_xdp_filter_write_one(program, BPF_LDX | BPF_W | BPF_MEM, BPF_REG_2,
                             FILTER_CONTEXT,
                             offsetof(struct xdp_md, rx_queue_index), 0);
    net_xdp_filter_write_one(program, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3,
                             0, 0, XDP_PASS);
    net_xdp_filter_write_one(program, BPF_JMP | BPF_CALL, 0, 0, 0,
                             BPF_FUNC_redirect_map);
    net_xdp_filter_write_one(program, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);

    for (i = 0; i < pass; i++) {
        instruction = &program->instructions[i];

        if (instruction->off == FILTER_PASS) {
            instruction->off = (int16_t) (pass - i - 1);

        } else if (instruction->off == FILTER_REDIRECT) {
            instruction->off = (int16_t) (redirect - i - 1);
        }
    }
}


/* Passes what is shorter; the verifier lets nothing be read without. */
static void
net_xdp_filter_room(filter_program_t *program, int32_t len)
{
    net_xdp_filter_write_one(program, BPF_ALU64 | BPF_MOV | BPF_X,
                             FILTER_FIELD, FILTER_FRAME, 0, 0);
    net_xdp_filter_write_one(program, BPF_ALU64 | BPF_ADD | BPF_K,
                             FILTER_FIELD, 0, 0, len);
    net_xdp_filter_write_one(program, BPF_JMP | BPF_JGT | BPF_X,
                             FILTER_FIELD, FILTER_END, FILTER_PASS, 0);
}


static void
net_xdp_filter_load(filter_program_t *program, uint8_t size, uint8_t to,
    int16_t at)
{
    net_xdp_filter_write_one(program, BPF_LDX | size | BPF_MEM, to,
                             FILTER_FRAME, at, 0);
}


/* Passes what is not the same; bytes as they lie in the frame.  Of 32 bits
 * only the 32-bit comparison does not extend the sign. */
static void
net_xdp_filter_field(filter_program_t *program, uint8_t size, int16_t at,
    const void *wanted)
{
    uint8_t   byte;
    uint16_t  half;
    uint32_t  word;

    switch (size) {

    case BPF_B:
        memcpy(&byte, wanted, sizeof(byte));
        word = byte;
        break;

    case BPF_H:
        memcpy(&half, wanted, sizeof(half));
        word = half;
        break;

    default:
        memcpy(&word, wanted, sizeof(word));
        break;
    }

    net_xdp_filter_load(program, size, FILTER_FIELD, at);
    net_xdp_filter_write_one(program, BPF_JMP32 | BPF_JNE | BPF_K,
                             FILTER_FIELD, 0, FILTER_PASS, (int32_t) word);
}


static void
net_xdp_filter_constant(filter_program_t *program, uint8_t to, uint8_t kind,
    uint64_t value)
{
    net_xdp_filter_write_one(program, BPF_LD | BPF_DW | BPF_IMM, to, kind, 0,
                             (int32_t) (uint32_t) value);
    net_xdp_filter_write_one(program, 0, 0, 0, 0,
                             (int32_t) (uint32_t) (value >> 32));
}


static void
net_xdp_filter_write_one(filter_program_t *program, uint8_t code, uint8_t to,
    uint8_t from, int16_t offset, int32_t value)
{
    program->instructions[program->n++] = (struct bpf_insn) {
        .code = code,
        .dst_reg = to & 0xf,
        .src_reg = from & 0xf,
        .off = offset,
        .imm = value
    };
}

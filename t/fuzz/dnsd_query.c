/* units: dnsd/answer.c dnsd/answer_chaos.c dnsd/answer_cookie.c
   dnsd/answer_denial.c dnsd/answer_signed.c dnsd/lookup_signatures.c
   dnssec/dnssec_key.c dnssec/dnssec_key_file.c
   dnssec/dnssec_key_pem.c dnssec/dnssec_rrsig.c
   dnsd/answer_edns.c dnsd/answer_rrset.c dnsd/answer_sections.c dnsd/log.c
   dnsd/lookup.c dnsd/lookup_find.c dnsd/lookup_source.c dnsd/siphash.c
   dnsd/wire_name.c dnsd/wire_query.c dnsd/wire_writer.c store/boot_clock.c
   store/crc32c.c store/lease_clock.c store/store.c store/store_access.c
   store/store_files.c store/store_format.c store/store_issuers.c
   store/store_key.c store/store_labels.c store/store_serial.c
   store/store_status.c store/store_txn.c store/store_walker.c
   store/store_mapping.c store/store_value.c store/store_value_check.c
   store/store_writer.c store/store_zone.c store/store_zones.c */

/*
 * Any bytes, as a query over UDP or TCP, to a store with a signed zone and one
 * that is not, with cookies, NSID and padding or without.  What comes back
 * must be well formed and within its limit, also when the rate limit cuts it
 * short.
 *
 * Input: a byte of switches (FUZZ_*, and three bits of size), the query.
 */

#include "../unit/dnsd_signed.h"


#define FUZZ_UDP         1
#define FUZZ_CONFIGURED  2             /* cookies, NSID, texts, keepalive */
#define FUZZ_PADDED      4             /* and no signature is left */
#define FUZZ_SHORTEN     8
#define FUZZ_SIZE        5             /* from this bit on */

#define FUZZ_NOW         1790000000    /* within reach of the seeds' cookies */


static world_t  world;
static sign_t   sign;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_answer(answer_t *answer, uint8_t switches);
static void fuzz_policy(answer_policy_t *policy);


static void
cleanup(void)
{
    world_cleanup(&world);
    signed_keys_cleanup();
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t       full;
    uint8_t     *copy;
    answer_t     answer;
    static bool  ready;

    if (!ready) {
        signed_keys_init(1);
        world_init_with(&world, signed_zone);
        sign.keys[sign.n++] = signed_keys.keys[0];
        WORLD_MUST(atexit(cleanup) == 0);
        ready = true;
    }

    if (size == 0) {
        return 0;
    }

    /* a block of its own: the sanitizer sees a byte read behind it */

    copy = malloc(size == 1 ? 1 : size - 1);
    WORLD_MUST(copy != NULL);
    memcpy(copy, data + 1, size - 1);

    answer = (answer_t) {
        .query = copy, .query_len = size - 1, .reply = world.reply,
        .reply_size = sizeof(world.reply),
        .client = { (const uint8_t *) "\300\0\2\143", 4 }
    };

    fuzz_answer(&answer, data[0]);

    if (answer.reply_len != 0) {
        world_check_reply(data + 1, world.reply, answer.reply_len);
        full = answer.reply_len;

        if (data[0] & FUZZ_SHORTEN) {
            answer_shorten(&answer);
            world_check_reply(data + 1, world.reply, answer.reply_len);
            WORLD_MUST(answer.reply_len <= full);
        }
    }

    free(copy);

    return 0;
}


static void
fuzz_answer(answer_t *answer, uint8_t switches)
{
    answer_policy_t   policy;
    answer_context_t  context;

    static const uint16_t  sizes[] = { 512, 513, 700, 1232, 1400, 2000, 3000,
                                       4096 };

    memset(&policy, 0, sizeof(policy));
    policy.udp_size = sizes[switches >> FUZZ_SIZE];

    if (switches & FUZZ_CONFIGURED) {
        fuzz_policy(&policy);
    }

    sign.left[0] = sign.left[1] = switches & FUZZ_PADDED ? 0 : 8;

    context = (answer_context_t) {
        .policy = &policy, .sign = &sign, .stream = (switches & FUZZ_UDP) == 0,
        .keepalive = switches & FUZZ_CONFIGURED ? 300 : 0,
        .padded = (switches & FUZZ_PADDED) != 0, .now = FUZZ_NOW
    };

    WORLD_MUST(lookup_begin(world.lookup));
    world.lookup->now = SIGNED_NOW;
    answer_queries(world.lookup, &context, answer, 1);
    lookup_end(world.lookup);

    WORLD_MUST((switches & FUZZ_UDP) == 0
               || answer->reply_len <= policy.udp_size);
}


static void
fuzz_policy(answer_policy_t *policy)
{
    static const answer_text_t  text = { 4, "ns-1" };

    policy->secrets.n = 2;
    memset(policy->secrets.secrets, 7, sizeof(policy->secrets.secrets));
    policy->nsid = text;
    policy->identity = text;
    policy->version.len = ANSWER_TEXT_MAX;
    memset(policy->version.data, 'v', ANSWER_TEXT_MAX);
}

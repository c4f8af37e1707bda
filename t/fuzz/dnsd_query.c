/* units: dnsd/answer.c dnsd/answer_chaos.c dnsd/answer_cookie.c
   dnsd/answer_edns.c dnsd/answer_rrset.c dnsd/answer_sections.c dnsd/log.c
   dnsd/lookup.c dnsd/lookup_find.c dnsd/lookup_source.c dnsd/siphash.c
   dnsd/wire_name.c dnsd/wire_query.c dnsd/wire_writer.c store/boot_clock.c
   store/crc32c.c store/lease_clock.c store/store.c store/store_access.c
   store/store_files.c store/store_format.c store/store_issuers.c
   store/store_key.c store/store_labels.c store/store_serial.c
   store/store_status.c store/store_txn.c store/store_value.c
   store/store_value_check.c store/store_writer.c store/store_zone.c
   store/store_zones.c */

/*
 * Any bytes, as a query over UDP or TCP, to a store with something in it.
 * What comes back must be well formed and within its limit.
 */

#include "../unit/dnsd_world.h"


static world_t  world;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
cleanup(void)
{
    world_cleanup(&world);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t       len;
    uint16_t     udp_size;
    static bool  ready;

    if (!ready) {
        world_init(&world);
        WORLD_MUST(atexit(cleanup) == 0);
        ready = true;
    }

    if (size == 0) {
        return 0;
    }

    udp_size = data[0] & 1 ? (uint16_t) (512 + data[0] * 4) : 0;
    len = world_ask(&world, data + 1, size - 1, udp_size);

    if (len == 0) {
        return 0;
    }

    world_check_reply(data + 1, world.reply, len);
    WORLD_MUST(udp_size == 0 || len <= udp_size);

    return 0;
}

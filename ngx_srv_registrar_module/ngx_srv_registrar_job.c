
/*
 * What a job asks for, as a call of the rules.  It is asked before the commit,
 * to refuse early or to sign early, and in it, where the answer counts.
 */

#include "ngx_srv_registrar_store.h"


device_reason_t
ngx_srv_registrar_job_rules(ngx_srv_registrar_job_t *job,
    const device_place_t *place)
{
    const device_zone_t  *zone = &job->zone->policy;

    switch (job->type) {

    case NGX_SRV_REGISTRAR_JOB_ENROLL:
        return device_enroll(place, &job->enrollment, &job->outcome,
                             &job->error);

    case NGX_SRV_REGISTRAR_JOB_ROTATE:
        return device_rotate(place, &job->claim, &job->enrollment,
                             &job->outcome, &job->error);

    case NGX_SRV_REGISTRAR_JOB_CREDENTIALS:
        return device_credentials(place, &job->claim, job->issue, job->rotate,
                                  job->secret, &job->outcome, &job->error);

    case NGX_SRV_REGISTRAR_JOB_CHALLENGE:
        return device_door_challenge(place, zone, &job->door, job->challenge,
                                     zone->challenge_lease, &job->outcome,
                                     &job->error);

    case NGX_SRV_REGISTRAR_JOB_ADDRESS:
        return device_door_address(place, zone, &job->door, &job->ipv4,
                                   &job->ipv6, zone->dyndns2_lease,
                                   &job->outcome, &job->error);

    case NGX_SRV_REGISTRAR_JOB_ADMIN:
        return device_admin(place, job->admin, &job->outcome, &job->error);

    case NGX_SRV_REGISTRAR_JOB_REGISTER:
        return device_door_register(place, &job->enrollment, job->secret,
                                    &job->outcome, &job->error);

    default: /* NGX_SRV_REGISTRAR_JOB_APPLY */
        return device_apply(place, zone, &job->claim, job->method, job->change,
                            &job->outcome, &job->error);
    }
}

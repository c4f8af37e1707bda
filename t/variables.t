#!/usr/bin/perl

# The variables where operators use them: limit_req asks before a request has
# come to its door, and a map and access_log's `if` when it is over.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new(workers => 1);

# A burst that no test waits for: one a minute comes back.
$t->configure(
    http => <<'END_HTTP',
limit_req_zone $srv_registrar_fqdn zone=devices:1m rate=1r/m;
limit_req_zone $srv_registrar_spki_sha256 zone=certificates:1m rate=1r/m;
limit_req_zone $srv_registrar_door zone=doors:1m rate=1r/m;
limit_req_status 429;
map $srv_registrar_result $loud { ok 0; default 1; }
map $srv_registrar_reason $who { unknown-key stranger; '' nobody; default known; }
log_format loud '$request_method $who $srv_registrar_reason $status';
log_format all '$request_method $uri $srv_registrar_door $srv_registrar_fqdn $status';
END_HTTP
    server => <<'END_SERVER',
access_log %%DIR%%/loud.log loud if=$loud;
access_log %%DIR%%/all.log all;
location = /plain { return 204; }
location = /doors { srv_registrar records; limit_req zone=doors; }
END_SERVER
    enroll  => 'limit_req zone=certificates burst=1 nodelay;',
    records => 'limit_req zone=devices burst=3 nodelay;',
);
$t->start();

my ($device, $other, $third) = map { $t->device($_) } qw(device other third);

is(outcome($_->enroll()), '201', 'enrolled') for $device, $other, $third;
is(outcome($device->enroll()), '200', 'a certificate: once more');
is($device->enroll()->{status}, 429, '... is limited');
is(outcome($other->enroll()), '200', '... and no other');

is(outcome($device->register($_)), '200', "a device: $_") for 1 .. 4;
is($device->register(5)->{status}, 429, '... is limited');
is($device->show()->{status}, 429, '... whatever it asks');
is(outcome($other->register(6)), '200', '... and no other');

# By no other way to write the same name.

my $keyid = $device->keyid;

for my $case (
    ['in capitals', keyid => uc($device->fqdn) . '/' . ($keyid =~ s{.*/}{}r)],
    ['a signature in the future', created => time() + 1000],
    ['one that is wrong', key => 'x' x 32])
{
    my ($name, @sign) = @$case;

    is($device->show(sign => { @sign })->{status}, 429, "... $name");
}

my $bytes = $device->signed_bytes('GET', '/v1/records', undef);

for my $case (
    ['in two lines', s => "Signature-Input: x=()\r\nSignature: x=::\r\n"],
    ['behind another', i => 'x=(), '])
{
    my ($name, $how, $text) = @$case;
    my $changed = $how eq 's'
        ? $bytes =~ s/^(?=Signature-Input:)/$text/mir
        : $bytes =~ s/^(Signature-Input: )/$1$text/mir;

    isnt($changed, $bytes, "... $name");
    is($t->{client}->exchange($changed)->{status}, 429, '... is the same');
}

is(outcome($t->request('GET', '/v1/records')), '401 signature-required',
    'who says no name is not held') for 1 .. 6;
is(outcome($third->show(sign => { keyid => 'host.example/00000000' })),
    '401 unknown-key', 'nor who says another\'s') for 1 .. 6;
is(outcome($third->show(sign => { keyid => $third->fqdn . '/00000000' })),
    '401 unknown-key', 'a key that is none');

is($t->request('GET', '/plain')->{status}, 204, 'no door');
is($t->request('GET', '/doors')->{status}, 401, 'a limit of a door');
is($t->request('GET', '/doors')->{status}, 429, '... works');

my $fqdn = $device->fqdn;

ok(wait_until(sub { $t->read('all.log') =~ m{/doors.*/doors}s }), 'logged');
is(count('all', "GET /v1/records records $fqdn 429"), 6,
    'who was held is logged');
is(count('all', 'GET /plain - - 204'), 1, '... and no door is none');
is(count('loud', 'PUT known ok 200'), 0, 'access_log by a map: not what is ok');
is(count('loud', 'GET stranger unknown-key 401'), 7, '... and what is not');
is(count('loud', 'GET known signature-required 401'), 7, '... by its reason');
is(count('loud', 'GET nobody - 429'), 7, '... or by none');

done_testing();


sub count
{
    my ($file, $line) = @_;

    return scalar(grep { $_ eq $line } split(/\n/, $t->read("$file.log")));
}

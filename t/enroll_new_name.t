#!/usr/bin/perl

# A device that was sold asks for another name: the old one is nobody's from
# then on, and the same certificate keeps getting the new one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::Process qw(wait_until);

my $t = SrvRegistrar->new(workers => 2);

$t->configure(enroll => 'srv_registrar_new_name 1s; '
    . 'srv_registrar_enroll_limit off;',
    http => 'srv_registrar_sweep 1s;', server => <<'END');
location = /never {
    srv_registrar enroll;
    srv_registrar_new_name off;
}
location = /month {
    srv_registrar enroll;
}
location = /label {
    srv_registrar enroll;
    srv_registrar_label "fixed";
}
location = /proof {
    srv_registrar enroll;
    srv_registrar_new_name 1s;
    srv_registrar_reenroll proof;
}
END
$t->start(dnsd => 1);

my $device = $t->device('device');
my $ask = '{"new_name":true}';

is(outcome($device->enroll(body => $ask)), '201',
    'a device without a name just gets one');

my $first = $device->fqdn;

is(outcome($device->register(1)), '200', '... and registers');
isnt($t->answers($first, 'A'), '', '... and is published');

my @old = ($first);
my $key = $device->keyid;

for my $n (1 .. 3) {
    my $reply;

    ok(wait_until(sub {
            $reply = $device->enroll(body => $ask);
            return $reply->{status} == 201;
        }), "name $n");

    my $name = $device->fqdn;

    is(scalar(grep { $_ eq $name } @old), 0, '... is another one');
    is($t->query($old[-1], 'A')->header->rcode, 'NXDOMAIN',
        '... the old one is gone');
    is(outcome($device->register($n)), '200', '... it registers');
    isnt($t->answers($name, 'A'), '', '... and is published');
    is(outcome($device->enroll()), '200', '... enrols again');
    is($device->fqdn, $name, '... under the same name');
    is(outcome($device->register($n)), '200', '... and goes on');
    push(@old, $name);
}

is(outcome($device->rotate({ new_name => JSON::PP::true() })),
    '422 member-invalid new_name', 'no new name by POST /v1/key');


is(outcome($t->request('POST', '/v1/enroll', cert => 'device',
        body => '{"new_name":1}')), '422 member-invalid new_name',
    'true or false');
is(outcome(at('/never')), '422 member-invalid new_name', 'not where it is off');
is(outcome(at('/label')), '422 member-invalid new_name',
    'not where the operator names') if outcome(at('/label', '')) eq '201';

my $reply = at('/month');

is(outcome($reply), '429 too-many-enrollments', 'a name a month');
cmp_ok($reply->{headers}{'retry-after'}, '>', 2_000_000, '... says so');
is(outcome(at('/proof')), '403 proof-required',
    'the policies of enrolment hold');

is($t->srvctl('suspend', $device->fqdn), '', 'suspended');
is(outcome(at('/v1/enroll')), '403 suspended', '... no new name');
is($t->srvctl('resume', $device->fqdn), '', 'resumed');

like($t->srvctl('resume', $first), qr/has another by now/,
    'a name that was left cannot be resumed');
is(scalar(split(/\n/, $t->srvctl('list', '--state', 'moved'))), 3,
    'names that were left are kept');

# Two at once: one new name, and not two.
ok(wait_until(sub { at('/v1/enroll')->{status} == 201 }), 'ready');

my $before = () = $t->srvctl('list') =~ /^/mg;

ok(wait_until(sub { at('/v1/enroll')->{status} == 201 }), 'one more');
is(outcome(at('/v1/enroll')), '429 too-many-enrollments', 'not at once again');
is(scalar(() = $t->srvctl('list') =~ /^/mg), $before + 1, '... one name more');
like($t->srvctl('check'), qr/ damaged 0$/, 'the store is sound');

done_testing();


sub at
{
    my ($path, $body) = @_;

    return $t->request('POST', $path, cert => 'device', body => $body // $ask);
}

#!/usr/bin/perl

# `srv_registrar metrics`: what two workers did is counted once, and still
# there after a reload; the variables; and the log of changes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::Process qw(wait_until);

my $t = SrvRegistrar->new(workers => 2);

$t->configure(http => <<'END', server => <<'END2');
srv_registrar_sweep 1s;
srv_registrar_log %%DIR%%/changes.log;
srv_registrar_log %%DIR%%/plain.log escape=default
                  '$srv_registrar_change|$srv_registrar_generation|'
                  '${srv_registrar_fqdn}|$http_user_agent|$arg_none';
log_format outcomes '$request_method $srv_registrar_door '
                    '$srv_registrar_result $srv_registrar_reason '
                    '$srv_registrar_change $srv_registrar_keyid';
access_log %%DIR%%/outcomes.log outcomes;
END
location = /metrics {
    srv_registrar metrics;
}
location = /health {
    srv_registrar acme_dns;
}
END2
$t->start();

my $empty = metrics();

is($empty->{'srv_registrar_commits_total{result="ok"}'}, 0,
    'nothing was committed yet');

my $device = $t->device('device');

is(outcome($device->enroll()), '201', 'enrolled');
is(outcome($device->register(1, headers => [['User-Agent', "a\"b\\c\x{e9}"]])),
    '200', 'registered');
is(outcome($device->register(1)), '200', 'refreshed');
is(outcome($device->register(70000)), '422 member-invalid services[0].port', 'refused');
is(outcome($device->show()), '200', 'looked');
is(outcome($device->rotate()), '200', 'rotated');
is(outcome($device->delete()), '200', 'withdrawn');
is($t->request($_, '/health')->{status}, 200, "$_ /health") for qw(GET HEAD);

my $keyid = $device->keyid;
my $fqdn = $device->fqdn;
my $m = metrics();

is($m->{'srv_registrar_requests_total{door="enroll",result="ok",'
    . 'reason="ok"}'}, 1, 'an enrolment');
is($m->{'srv_registrar_requests_total{door="records",result="ok",'
    . 'reason="ok"}'}, 4, 'four good requests for records');
is($m->{'srv_registrar_requests_total{door="records",result="refused",'
    . 'reason="member-invalid"}'}, 1, 'a refused one');

is($m->{'srv_registrar_requests_total{door="acme_dns",result="ok",'
    . 'reason="ok"}'}, 2, 'nobody left before he was told that all is well');

for my $change (qw(enrolled changed refreshed rotated withdrawn)) {
    is($m->{"srv_registrar_changes_total{change=\"$change\"}"}, 1, $change);
}

is($m->{'srv_registrar_changes_total{change="challenge"}'}, 0, 'no other');
is($m->{'srv_registrar_commits_total{result="ok"}'}, 5, 'five commits');
is($m->{srv_registrar_commit_jobs_count}, 5, 'all in the histogram');
is($m->{'srv_registrar_commit_jobs_bucket{le="1"}'}, 5, '... of one each');
is($m->{srv_registrar_commit_jobs_sum}, 5, '... five jobs');
is($m->{'srv_registrar_commit_seconds_bucket{le="+Inf"}'}, 5, '... timed');
cmp_ok($m->{srv_registrar_commit_seconds_sum}, '>', 0, '... above zero');
is($m->{srv_registrar_queue_jobs}, 0, 'nobody waits');

ok(wait_until(sub { (metrics()->{srv_registrar_devices} // 0) == 1 }),
    'a sweep has counted the device');
ok(wait_until(sub { metrics()->{srv_registrar_devices_live} == 0 }),
    '... nothing of it lives');
ok(metrics()->{srv_registrar_store_used_bytes}, 'the store has a size');
is(metrics()->{srv_registrar_store_oldest_reader_commits}, 0,
    'nobody holds an old snapshot');

$t->reload_all();
is(metrics()->{'srv_registrar_changes_total{change="enrolled"}'}, 1,
    'a reload forgets nothing');

my $reply = $t->request('POST', '/metrics', body => '');

is($reply->{status}, 405, 'nothing but GET and HEAD');

my @changes = map { decode_json($_) } lines('changes.log');

is(join(' ', map { $_->{change} } @changes),
    'enrolled changed refreshed rotated withdrawn', 'the log of changes');
is($changes[0]{fqdn}, $fqdn, '... names the device');
is($changes[1]{address}, '127.0.0.1', '... and its address');
is($changes[0]{keyid}, $changes[1]{keyid}, '... the key that was handed out');
is($changes[2]{keyid}, $keyid, '... the one that signed');
isnt($changes[3]{keyid}, $keyid, '... the one that a rotation made');
is($changes[1]{door}, 'records', '... and the door');
like($changes[0]{identity}, qr/^[0-9a-f]{8}$/, '... and who it is');
is((lines('plain.log'))[1], 'changed|'
    . ($changes[1]{keyid} =~ s{.*/}{}r) . "|$fqdn|a\\x22b\\x5Cc\\xE9|-",
    'a format of its own: nothing breaks out of it');

my @outcomes = lines('outcomes.log');

is((grep { /^PUT records refused member-invalid - \S+$/ } @outcomes), 1,
    'variables: a refusal');
is((grep { m{^PUT records ok ok changed \Q$changes[1]{keyid}\E$} } @outcomes),
    1, '... a change, and by which key');
is((grep { /^GET records ok ok - \S+$/ } @outcomes), 1, '... a look');

for my $case (['$', 'invalid variable'], ['${a', 'invalid variable'],
    ['$no_such_thing', 'unknown "no_such_thing" variable'])
{
    my ($status, $said) = check("srv_registrar_log x.log '$case->[0]';");

    isnt($status, 0, "refused: $case->[0]");
    like($said, qr/\Q$case->[1]\E/, '... with the reason');
}

like((check('srv_registrar_log x.log escape=xml;'))[1],
    qr/invalid parameter "escape=xml"/, 'refused: escape=xml');

done_testing();


# name or name{labels} => value; each line checked for its form.

sub metrics
{
    my $reply = $t->request('GET', '/metrics');
    my (%value, %type);

    is($reply->{status}, 200, 'metrics') if $reply->{status} != 200;

    for my $line (split(/\n/, $reply->{body})) {
        next if $line =~ /^# HELP [a-z_]+ [A-Z1].*\.$/;

        if ($line =~ /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/) {
            fail("twice: $1") if $type{$1}++;
            next;
        }

        if ($line =~ /^([a-z_]+(?:\{(?:[a-z]+="[^"]+",?)+\})?) ([0-9.]+)$/) {
            fail("twice: $1") if exists $value{$1};
            my ($name, $number) = ($1, $2);
            (my $base = $name) =~ s/\{.*//;
            $base =~ s/_(?:bucket|sum|count)$// if !$type{$base};
            fail("no type: $name") if !$type{$base};
            $value{$name} = $number;
            next;
        }

        fail("not a line of metrics: $line");
    }

    return \%value;
}


sub lines
{
    return split(/\n/, $t->read($_[0]));
}


sub check
{
    my ($http) = @_;

    my $other = SrvRegistrar->new();

    $other->configure(http => $http);
    $other->allow_log(qr{srv_registrar_log|no_such_thing});

    return $other->check_configuration();
}

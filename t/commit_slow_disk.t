#!/usr/bin/perl

# A disk that stalls: whoever does not write is served by the same worker,
# the queue takes what it is configured for, more is refused as busy, and
# all that waits is answered when the disk is back.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time);

use SrvRegistrar qw(outcome);
use SrvRegistrar::Disk;
use SrvRegistrar::Load;

use constant QUEUE  => 4;
# Who waited for the disk would wait for ever, and a client for half a minute.
use constant PROMPT => 10;                                   # s

my $t = SrvRegistrar->new(workers => 1);
my $disk = SrvRegistrar::Disk->new($t);

$t->configure(
    http   => 'srv_registrar_queue ' . QUEUE . ';',
    server => 'location = /health { return 200 "ok"; }',
    enroll => SrvRegistrar::Load->enroll_slot(),
);
$t->start(dnsd => 1);

my $load = SrvRegistrar::Load->new($t, clients => QUEUE + 2, devices => 1);

$load->enroll();

my ($first, @devices) = @{ $load->{fleet} };
my $last = pop(@devices);

is($first->register(5000)->{status}, 200, 'the disk is well');

$disk->order('sync hold');

my @sockets = ($first->send_register(5001));

$disk->wait_held();

push(@sockets, map { $_->send_register(5002) } @devices);

# Answered by the worker when it has read what came before.
is($last->show()->{status}, 200, 'who only reads is answered');

subtest 'the worker is there for others' => sub {
    prompt(sub { $t->request('GET', '/health') }, '200', 'a page');
    prompt(sub { $first->show() }, '200', 'GET of a device that waits');
    prompt(sub { $t->request('PUT', '/v1/records', body => '{}') },
        '401 signature-required', 'a refusal');
};

subtest 'a full queue' => sub {
    my $reply = prompt(sub { $last->register(5003) }, '503 busy',
        'an update');

    like($reply->{headers}{'retry-after'}, qr/^[1-9]\d*$/,
        'says when to try again');

    $reply = prompt(sub {
        $t->request('POST', '/v1/enroll?id=fresh', cert => 'fleet')
    }, '503 busy', 'an enrolment');
    like($reply->{headers}{'retry-after'}, qr/^[1-9]\d*$/,
        'says when to try again');
};

is($t->answers('_xmpp-server._tcp.' . $first->fqdn(), 'SRV'),
    '_xmpp-server._tcp.' . $first->fqdn() . ' srv 0 0 5000 '
    . $first->fqdn() . '.', 'dnsd shows what is durable');

$disk->order('');

my @outcomes = map { outcome($t->{client}->reply($_)) } @sockets;

is("@outcomes", join(' ', (200) x @sockets), 'all that waited is answered');
is($last->register(5003)->{status}, 200, 'and there is room again');
is(scalar(keys(%{ { map { $_ => 1 } $t->workers() } })), 1,
    'by the one worker');

done_testing();


sub prompt
{
    my ($request, $outcome, $name) = @_;

    my $begin = time();
    my $reply = $request->();

    is(outcome($reply), $outcome, "$name: $outcome");
    cmp_ok(time() - $begin, '<', PROMPT, "$name: at once");

    return $reply;
}

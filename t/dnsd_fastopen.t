#!/usr/bin/perl

# TCP Fast Open (RFC 7413), where the system allows it: a client that was here
# before gets its answer without waiting for a handshake.  In a network
# namespace of its own, whose setting that is.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Socket qw(inet_aton pack_sockaddr_in);
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(program);

use constant SETTING      => '/proc/sys/net/ipv4/tcp_fastopen';
use constant MSG_FASTOPEN => 0x20000000;

if (!$ENV{DNSD_FASTOPEN_NAMESPACE}) {
    my @unshare = ('unshare', $> == 0 ? '-n' : '-rn');

    plan(skip_all => 'no unshare or ip')
        if !program('unshare') || !program('ip');
    plan(skip_all => 'no network namespaces here')
        if system("@unshare ip link set lo up 2>/dev/null") != 0;

    $ENV{DNSD_FASTOPEN_NAMESPACE} = 1;
    exec(@unshare, $^X, $0) or die("unshare: $!");
}

system('ip link set lo up') == 0 or die('ip link');

# 1: clients, 2: servers; as it was found, only clients may.

open(my $setting, '>', SETTING)
    or plan(skip_all => SETTING . " cannot be written: $!");
print $setting "3\n";
close($setting) or plan(skip_all => SETTING . " cannot be written: $!");

my $d = SrvRegistrar::Dnsd->new();

$d->fill($d->ZONE . $d->DEVICE);
$d->start('--threads', 1);

my $question = $d->packet('dev1.devices.example', 'A')->data();


# Asks with the first packet, as far as the client has a cookie.

sub ask
{
    my $socket = IO::Socket::INET->new(Proto => 'tcp', Type => SOCK_STREAM)
        or die("socket: $!");

    defined(send($socket, pack('n/a*', $question), MSG_FASTOPEN,
                 pack_sockaddr_in($d->{port}, inet_aton($d->{address}))))
        or die("send: $!");

    return substr($d->read_tcp($socket) // '', 0, 2);
}


# How many connections came with data in their first packet.

sub passive
{
    open(my $in, '<', '/proc/net/netstat') or die("netstat: $!");
    my ($names, $numbers) = grep { /^TcpExt:/ } <$in>;
    my %counters;

    @counters{ split(' ', $names) } = split(' ', $numbers);

    return $counters{TCPFastOpenPassive};
}


my $before = passive();
is(ask(), substr($question, 0, 2), 'the first time a cookie is had');
is(ask(), substr($question, 0, 2), 'the second time it is shown');
cmp_ok(passive() - $before, '>=', 1, '... and the first packet has the query');

is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();

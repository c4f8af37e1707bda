#!/usr/bin/perl

# On a wildcard address an answer leaves from the address that was asked,
# whatever address the way back would have chosen: UDP and TCP, IPv4 and IPv6,
# several addresses of one host.  In a network namespace of its own.

use strict;
use warnings;

use Errno;
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::IP;
use Socket qw(getnameinfo NI_NUMERICHOST NI_NUMERICSERV);
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(program);

if (!$ENV{DNSD_SOURCE_NAMESPACE}) {
    my @unshare = ('unshare', $> == 0 ? '-n' : '-rn');

    plan(skip_all => 'no unshare or ip')
        if !program('unshare') || !program('ip');
    plan(skip_all => 'no network namespaces here')
        if system("@unshare ip link set lo up 2>/dev/null") != 0;

    $ENV{DNSD_SOURCE_NAMESPACE} = 1;
    exec(@unshare, $^X, $0) or die("unshare: $!");
}

my @addresses = qw(192.0.2.53 192.0.2.54 198.51.100.7 127.0.0.1
                   2001:db8::53 2001:db8::54 2001:db8:1::7 ::1);

# The client's own addresses, which differ from all of them: the kernel's
# choice would be another one than that which was asked.
my %from = (4 => '203.0.113.1', 6 => '2001:db8:f::1');

system('ip link set lo up') == 0 or die('ip link');
for my $address (values(%from), @addresses) {
    next if $address =~ /^(?:127\.0\.0\.1|::1)$/;

    my $bits = $address =~ /:/ ? '128 nodad' : '32';
    system("ip address add $address/$bits dev lo") == 0 or die('ip address');
}

my $d = SrvRegistrar::Dnsd->new(address => '0.0.0.0', port => 5300);

$d->fill($d->ZONE . $d->DEVICE);
$d->start('--threads', 2, '--listen', '::@5300');

my $question = $d->packet('dev1.devices.example', 'A')->data();


sub client
{
    my ($address, $type, %options) = @_;

    return IO::Socket::IP->new(Type => $type, %options,
        LocalHost => $from{$address =~ /:/ ? 6 : 4})
        // die("$address: $@");
}


for my $address (@addresses) {

    # Not connected: it would take an answer from anywhere.

    my $socket = client($address, Socket::SOCK_DGRAM, Proto => 'udp');
    my $to = IO::Socket::IP->new(PeerHost => $address, PeerPort => 5300,
                                 Proto => 'udp')->peername();

    for (1 .. 3) {
        my $reply = '';

        $socket->send($question, 0, $to);
        my $from = IO::Select->new($socket)->can_read(5)
            ? $socket->recv($reply, 4096) : undef;
        my (undef, $host, $port) = defined($from)
            ? getnameinfo($from, NI_NUMERICHOST | NI_NUMERICSERV) : ();

        is(($host // 'nobody') . '@' . ($port // 0), "$address\@5300",
           "UDP to $address is answered from there");
        is(substr($reply, 0, 2), substr($question, 0, 2), '... with its ID');
    }

    my $tcp = client($address, Socket::SOCK_STREAM, Proto => 'tcp',
                     PeerHost => $address, PeerPort => 5300);

    print $tcp pack('n/a*', $question);
    $tcp->flush();
    my $reply = $d->read_tcp($tcp);
    is(substr($reply // '', 0, 2), substr($question, 0, 2),
       "TCP to $address is answered");
}

is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();

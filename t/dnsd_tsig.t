#!/usr/bin/perl

# A query signed by TSIG: dnsd knows no keys, and says so as RFC 8945 5.2.1
# wants it, NOTAUTH with BADKEY, unsigned.  NSD and Knot, who are given no keys
# either, answer the same.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Net::DNS;
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Peers;

use constant SECRET => 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0';

my $d = SrvRegistrar::Dnsd->new();

$d->fill($d->ZONE . $d->DEVICE);
$d->start('--threads', 1);

my $signed = signed('dev1.devices.example', edns => 1232);

for my $tcp (0, 1) {
    my $by = $tcp ? 'TCP' : 'UDP';
    my $reply = parse($tcp ? $d->ask_tcp($signed) : $d->ask($signed));
    my $tsig = tsig($reply);

    is($reply->header->rcode, 'NOTAUTH', "$by: NOTAUTH");
    is($tsig->error, 'BADKEY', '... BADKEY');
    is($tsig->owner, 'key.devices.example', '... of the key');
    is(lc($tsig->algorithm), 'hmac-sha256', '... and the algorithm');
    is($tsig->time_signed, 1700000000, '... with the time of the query');
    is($tsig->fudge, 300, '... and its fudge');
    is(length($tsig->macbin), 0, '... unsigned');
    is(scalar($reply->answer()), 0, '... and without an answer');
    is(($reply->question())[0]->qname, 'dev1.devices.example',
       '... to the question');
}

is($d->counters()->{NOTAUTH}, 2, 'and counted');
is($d->query('dev1.devices.example', 'A')->header->rcode, 'NOERROR',
   'the next one, which is not signed, is answered');

SKIP: {
    my $missing = SrvRegistrar::Peers->missing();

    skip($missing, 1) if defined($missing);

    my $peers = SrvRegistrar::Peers->new(dir => $d->{dir},
        address => $d->{address}, zone => 'devices.example');

    $peers->start("\$ORIGIN devices.example.\n"
        . "@ 60 SOA ns1 h 1 3600 600 86400 60\n@ 60 NS ns1\n"
        . "ns1 60 A 192.0.2.1\n");

    for my $question (signed('ns1.devices.example', edns => 1232),
                      signed('ns1.devices.example')) {
        my $ours = told($d->ask($question));

        is(told(ask($d->{address}, $peers->{port}{$_}, $question)), $ours,
           "$_ says the same") for sort keys(%{ $peers->{port} });
    }

    $peers->stop();
}

$d->finish();
done_testing();


sub signed
{
    my ($name, %options) = @_;

    my $packet = $d->packet($name, 'A', %options);

    $packet->sign_tsig(Net::DNS::RR->new(name => 'key.devices.example',
        type => 'TSIG', algorithm => 'hmac-sha256', key => SECRET,
        time_signed => 1700000000, fudge => 300));

    return $packet->data();
}


sub parse
{
    my ($bytes) = @_;

    return Net::DNS::Packet->new(\$bytes) // die("not a packet: $@");
}


sub tsig
{
    my ($reply) = @_;

    my $last = ($reply->additional())[-1] // die('no TSIG');

    die('TSIG is not the last') if $last->type ne 'TSIG';

    return $last;
}


# RCODE, whether there is an OPT, and the bytes of the TSIG.

sub told
{
    my ($bytes) = @_;

    my $reply = parse($bytes // die('silence'));

    tsig($reply);

    return join(' ', $reply->header->rcode, $reply->header->aa,
        (map { $_->type } $reply->additional()),
        unpack('H*', substr($bytes, index($bytes, "\3key"))));
}


sub ask
{
    my ($address, $port, $question) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => $address,
        PeerPort => $port, Proto => 'udp') or die("socket: $!");

    $socket->send($question);
    IO::Select->new($socket)->can_read(10) or return undef;
    $socket->recv(my $reply, 65535);

    return $reply;
}

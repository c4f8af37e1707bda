#!/usr/bin/perl

# The whole promise: an XMPP server on a device, with a certificate that it
# made itself and that no CA knows.  Its key is published as TLSA beside the
# port, in a signed zone; a friend's server that takes nothing but proof
# believes it, and no longer when another key is published.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(wait_until);
use SrvRegistrar::Federation;

my $missing = SrvRegistrar::Federation->missing();

plan(skip_all => $missing) if defined($missing);

my $world = SrvRegistrar::Federation->new(dnssec => 13);
my $t = $world->{t};
my $fqdn = $world->{fqdn};

$world->directory($_) for qw(device device/certs friend friend/certs);

my $certs = $t->path('device/certs');

$t->write('anchor', $t->{keys}->dnskey('ksk') . "\n");
publish_key();
make_friend();

$world->make_servers(
    anchor => $t->path('anchor'),
    ca     => $t->path('public-ca.pem'),
);
$world->start_servers();

ok($world->delivered('friend', 'owner'), 'the friend reaches the device');
is($world->message('owner', 'friend'), 'delivered', 'and is answered');
like($world->{friend_server}->log(), qr/Enabling DANE with 1 TLSA records/,
    'by DANE');


# A key that the device's server does not have.

move_certificate($certs, $t->path(''));
publish_key();
move_certificate($t->path(''), $certs);
$world->start_servers();

isnt($world->message('friend', 'owner'), 'delivered',
    'another key is published: refused');
isnt($world->message('owner', 'friend'), 'delivered',
    'and the device is nobody to the friend');


ok($world->register(), 'registers without a key');
$world->start_servers();

isnt($world->message('friend', 'owner'), 'delivered',
    'no key is published: a certificate that no CA knows is refused');


publish_key();
$world->start_servers();

ok($world->delivered('friend', 'owner'), 'its own key again: reached again');

done_testing();


# The friend has what everybody has: a certificate of a CA.

sub make_friend
{
    $t->{certificates}->ca('public-ca');
    $t->{certificates}->certificate('friend-server', ca => 'public-ca',
        ext => ['subjectAltName=DNS:' . SrvRegistrar::Federation::FRIEND]);

    for my $suffix (['pem', 'crt'], ['key', 'key']) {
        rename($t->path("friend-server.$suffix->[0]"),
            $t->path('friend/certs/' . SrvRegistrar::Federation::FRIEND
                . ".$suffix->[1]")) or die($!);
    }
}


# That of the certificate in the server's directory, or of a new one.

sub publish_key
{
    ok($world->register('--dane', $certs), 'registers with a key');

    my $digest = qx(openssl x509 -in $certs/$fqdn.crt -noout -pubkey |
        openssl pkey -pubin -outform DER | sha256sum);

    $digest =~ s/ .*//s;

    ok(wait_until(sub {
        $world->found("_15269._tcp.$fqdn", 'TLSA') eq "3 1 1 $digest"
    }), 'it is published');
}


sub move_certificate
{
    my ($from, $to) = @_;

    for my $suffix (qw(crt key)) {
        rename("$from/$fqdn.$suffix", "$to/$fqdn.$suffix")
            or die("$to/$fqdn.$suffix: $!");
    }
}

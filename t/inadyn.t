#!/usr/bin/perl

# Debian's inadyn, with the configuration of docs/clients.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(program);
use SrvRegistrar::Dyndns2;

my $inadyn = program('inadyn') or plan(skip_all => 'no inadyn');
my $t = SrvRegistrar->new();

$t->configure(server => SrvRegistrar::Dyndns2->LOCATION);
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();

my $client = SrvRegistrar::Dyndns2->issue($device);

my $said = inadyn($client->{password});
like($said, qr/Update .*successful|success/i, 'inadyn is content');
is($client->published(), '127.0.0.1', 'the address is published');

$said = inadyn('x' x 40);
like($said, qr/auth/i, 'a wrong password: it says so');

$client->delete();
inadyn('x' x 40);
is($client->published(), '', '... and nothing is published');

done_testing();


# One update, with no memory of others; what it said.

sub inadyn
{
    my ($password) = @_;

    my $text = sample();
    my %value = (
        'registrar.example.net'      => "$t->{address}:$t->{port}",
        'NAME.devices.example.net'   => $device->fqdn(),
        'PASSWORD'                   => $password,
    );

    $text =~ s/\Q$_\E/$value{$_}/g for sort keys(%value);

    # Loopback is no address for the world.
    $t->write('inadyn.conf', "verify-address = false\nca-trust-file = \""
        . $t->path('server-ca.pem') . "\"\n$text");
    chmod(0600, $t->path('inadyn.conf'));

    return SrvRegistrar::run($inadyn, '-1', '-n', '-l', 'debug', '--force',
        '--no-pidfile', '--cache-dir', $t->path('temp'),
        '-f', $t->path('inadyn.conf'));
}


sub sample
{
    open(my $file, '<', SrvRegistrar::ROOT . '/docs/clients.md')
        or die("clients.md: $!");
    my $text = do { local $/; <$file> };

    my ($sample) = $text =~ /^(    custom srv-registrar \{\n.*?\n    \}\n)/ms
        or die('no sample');

    return $sample;
}

#!/usr/bin/perl

# A zone is taken out of the configuration: dnsd refuses it, its devices stay
# in the store, and are there again when the zone is.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new();

(my $text = $t->ZONE) =~ s/devices\.example/other.example/;
$t->write('other.example.zone', $text);


# Configures the zones of which devices.example may be one.

sub zones
{
    my (@zones) = @_;

    my $blocks = join('', map {
        "srv_registrar_zone $_ {\nfile %%DIR%%/$_.zone;\n"
        . "allow_address 127.0.0.0/8;\n}\n"
    } grep { $_ ne $t->{zone} } @zones);

    $t->configure(full => undef, servers => $blocks);

    my $conf = $t->configuration();

    $conf =~ s/srv_registrar enroll;/srv_registrar enroll zone=\$arg_zone;/;
    $conf =~ s/\n    srv_registrar_zone \Q$t->{zone}\E .*?\n    \}//s
        if !grep { $_ eq $t->{zone} } @zones;
    $t->configure(full => $conf);
}


sub rcode
{
    my ($zone, $type) = @_;

    return $t->query($zone, $type // 'SOA')->header->rcode;
}


# A device of each zone.

my %devices;

sub enroll
{
    my ($zone) = @_;

    my $reply = $t->request('POST', "/v1/enroll?zone=$zone",
        cert => 'device');

    $devices{$zone}->keep($reply->{json}) if $reply->{status} =~ /^2/;

    return outcome($reply);
}


zones('devices.example', 'other.example');
$t->start(dnsd => 1);
$devices{$_} = $t->device('device') for 'devices.example', 'other.example';

is(enroll('devices.example'), '201', 'a device of one zone');
is(enroll('other.example'), '201', 'a device of another');
is(enroll('none.example'), '404 not-found', 'of none');
is((split(/\./, $devices{'other.example'}->fqdn, 2))[1], 'other.example',
   'in that zone');

for my $zone (sort keys(%devices)) {
    is(outcome($devices{$zone}->register(1)), '200', "registered in $zone");
    is(rcode('_xmpp-server._tcp.' . $devices{$zone}->fqdn, 'SRV'), 'NOERROR',
       'and published');
}

zones('devices.example');
ok($t->reload_all(), 'one zone is taken away');
ok(wait_until(sub { rcode('other.example') eq 'REFUSED' }),
   'dnsd refuses it');
is(rcode('www.other.example', 'A'), 'REFUSED', 'with its names');
is(rcode($devices{'other.example'}->fqdn, 'A'), 'REFUSED',
   'and its devices');
is(rcode('devices.example'), 'NOERROR', 'the other is served');
is(enroll('other.example'), '404 not-found', 'nobody enrols there');
is(outcome($devices{'other.example'}->patch({})), '401 unknown-key',
   'nor is anybody known');
is(outcome($devices{'devices.example'}->patch({})), '200',
   'devices of the other are');

zones('other.example', 'devices.example');
ok($t->reload_all(), 'it comes back');
ok(wait_until(sub { rcode('other.example') eq 'NOERROR' }),
   'dnsd serves it');
is(rcode('_xmpp-server._tcp.' . $devices{'other.example'}->fqdn, 'SRV'),
   'NOERROR', 'with what was registered');
is(outcome($devices{'other.example'}->patch({})), '200',
   'under the key that was known');

zones('other.example');
ok($t->reload_all(), 'the first one is taken away');
ok(wait_until(sub { rcode('devices.example') eq 'REFUSED' }),
   'dnsd refuses it');
is(outcome($devices{'other.example'}->patch({})), '200',
   'what is left goes on');

done_testing();

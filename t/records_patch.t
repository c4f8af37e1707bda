#!/usr/bin/perl

# PATCH replaces the RRsets that it names and leaves the others, DELETE leaves
# nothing but the device itself, and what is refused changes nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();

my $fqdn = $device->fqdn;


# What is registered, as "name TYPE: data, ..." sorted.

sub registered
{
    my $json = $device->show()->{json};

    return join("\n", sort map {
        my $data = join(', ', sort @{ $_->{data} });
        "$_->{name} $_->{type}: " . $data =~ s/\Q$fqdn\E\.?/FQDN/gr
    } grep { $_->{name} ne '@' || $_->{type} !~ /^A/ }
        @{ $json->{records} });
}


sub record
{
    my ($name, $type, @data) = @_;

    return { name => $name, type => $type, data => \@data };
}


is(outcome($device->patch({ records => [record('@', 'TXT', '"a"')] })), '200',
   'PATCH where there was nothing');
is(registered(), '@ TXT: "a"', 'registers');
is($t->answers($fqdn, 'TXT'), "$fqdn txt \"a\"" =~ s/"a"/a/r,
   'and DNS shows it');

is(outcome($device->put({
    services => [{ service => '_xmpp-server._tcp', port => 1 }],
    records => [record('@', 'TXT', '"one"', '"two"'),
                record('box', 'TXT', '"x"')],
})), '200', 'PUT');

my $before = "\@ TXT: \"one\", \"two\"\n_xmpp-server._tcp SRV: 0 0 1 FQDN\n"
    . 'box TXT: "x"';

is(registered(), $before, 'replaces all');

is(outcome($device->patch({})), '200', 'PATCH {}');
is(registered(), $before, 'leaves all');

is(outcome($device->patch({ records => [record('@', 'TXT', '"three"')] })),
   '200', 'PATCH of one RRset');
is(registered(), "\@ TXT: \"three\"\n_xmpp-server._tcp SRV: 0 0 1 FQDN\n"
   . 'box TXT: "x"', 'replaces that one');

is(outcome($device->patch({ records => [record('BOX', 'TXT'),
    record('none', 'TXT')] })), '200', 'PATCH with no data');
is(registered(), "\@ TXT: \"three\"\n_xmpp-server._tcp SRV: 0 0 1 FQDN",
   'removes, in any case; and what is not there as well');

is(outcome($device->patch({ services => [
    { service => '_xmpp-server._tcp', port => 2 }] })), '200',
   'PATCH of a service');
is(registered(), "\@ TXT: \"three\"\n_xmpp-server._tcp SRV: 0 0 2 FQDN",
   'replaces it');

is(outcome($device->patch({ records => [
    record('_xmpp-server._tcp', 'SRV')] })), '200', 'PATCH');
is(registered(), '@ TXT: "three"', 'removes a service by its record');


# One mistake, and nothing of the rest is applied.

for my $method (qw(PUT PATCH)) {
    is(outcome($device->signed($method, '/v1/records', {
        lease   => 60,
        records => [record('@', 'TXT', '"new"'),
                    record('_xmpp-server._tcp', 'SRV', '1 2 65536 .')],
    })), '422 rdata-invalid records[1].data[0]', "$method with one mistake");
    is(registered(), '@ TXT: "three"', 'changes nothing');
}

is($device->show()->{json}{lease}, 7200, 'not the lease either');


# DELETE.

my $reply = $device->delete();

is(outcome($reply), '200', 'DELETE');
ok($reply->{json}{changed}, 'changed');
is_deeply($reply->{json}{records}, [], 'no records');
is_deeply($reply->{json}{address}, {}, 'no address');
ok(!exists($reply->{json}{$_}), "no $_")
    for qw(lease expires_at refresh_after);
is($t->query($fqdn, 'A')->header->rcode, 'NXDOMAIN', 'the name is gone');

$reply = $device->delete();
is(outcome($reply), '200', 'again');
ok(!$reply->{json}{changed}, 'nothing to change');

is(outcome($device->show()), '200', 'the key goes on working');
is(outcome($device->delete(headers => [['X-A', '1']])), '200',
   'DELETE of nothing');
is(outcome($device->signed('DELETE', '/v1/records', 'no JSON')), '200',
   'a body of DELETE is signed, and says nothing');

my $name = $device->fqdn;

$device->enroll();
is($device->fqdn, $name, 'the name is still the device\'s');
is(outcome($device->register(3)), '200', 'and registers again');
is($t->query($fqdn, 'A')->header->rcode, 'NOERROR', 'it is there again');

for my $method (qw(POST HEAD OPTIONS)) {
    my $r = $device->signed($method, '/v1/records', undef);

    is($r->{status}, 405, "$method is refused");
    is($r->{headers}{allow}, 'GET, PUT, PATCH, DELETE', '... with Allow');
}

done_testing();

package SrvRegistrar::Dyndns2;

# A client of the dyndns2 door, with the name and password of one device.
#
#   my $client = SrvRegistrar::Dyndns2->issue($device);
#   $client->update('myip=192.0.2.1');      # "200 good 192.0.2.1"
#   $client->published();                   # "192.0.2.1 2001:db8::1"

use strict;
use warnings;

use MIME::Base64 qw(encode_base64);

# Lines of the server block.
use constant LOCATION => <<'END_OF_LOCATION';
location /nic/ { srv_registrar dyndns2; }
location = /checkip { srv_registrar dyndns2; }
END_OF_LOCATION


# Asks for the device's credential.

sub issue
{
    my ($class, $device) = @_;

    my $credential = $device->credentials('dyndns2')->{dyndns2}
        or die('no credential');

    return bless { %$credential, device => $device }, $class;
}


# GET /nic/update and /nic/delete: the status and the lines of the reply, as
# they are but for the line ends, "200 good 192.0.2.1".  Arguments are
# SrvRegistrar::Client's; user and password stand in for the own.

sub update { return shift->call('/nic/update', @_) }
sub delete { return shift->call('/nic/delete', @_) }


sub call
{
    my ($self, $path, $query, %args) = @_;

    my $reply = $self->request($path, $query, %args) or return 'no reply';

    return join(' ', $reply->{status}, split(/\n/, $reply->{body}));
}


# The reply itself.

sub request
{
    my ($self, $path, $query, %args) = @_;

    my $bench = $self->{device}->bench();
    my $target = defined($query) ? "$path?$query" : $path;
    my @headers = @{ delete $args{headers} // [] };
    my $user = delete $args{user} // $self->{username};
    my $password = delete $args{password} // $self->{password};

    push(@headers, ['Authorization',
        'Basic ' . encode_base64("$user:$password", '')]);

    return $bench->request(delete $args{method} // 'GET', $target,
        headers => \@headers, %args);
}


# What DNS has now.

sub published
{
    my ($self) = @_;

    my $bench = $self->{device}->bench();
    my $fqdn = $self->{device}->fqdn();

    return join(' ',
        (map { $_->address } $bench->query($fqdn, 'A')->answer),
        (map { $_->address_short } $bench->query($fqdn, 'AAAA')->answer));
}


1;
